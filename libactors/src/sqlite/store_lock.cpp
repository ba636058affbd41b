#include "sqlite/store_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace millrace::sqlite {

namespace {

constexpr std::size_t holder_size_max = 256;

// "<pid> <program>", or empty in the instant between the lock and the writing of it.
std::string holder(int file) {
  std::string text(holder_size_max, '\0');
  const ssize_t size = ::pread(file, text.data(), text.size(), 0);
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  if (const auto end = text.find('\n'); end != std::string::npos) text.resize(end);
  const auto space = text.find(' ');
  if (space == std::string::npos) return "another process";
  return fmt::format("process {} ({})", text.substr(0, space), text.substr(space + 1));
}

// For people only; the lock itself is what counts, so a failure here is none.
void write_holder(int file) {
  const std::string text = fmt::format("{} {}\n", ::getpid(), program_invocation_short_name);
  if (::ftruncate(file, 0) != 0) return;
  (void)!::pwrite(file, text.data(), text.size(), 0);
}

error refusal(int file, const std::filesystem::path& directory) {
  if (errno == EWOULDBLOCK) {
    return {errc::in_use,
            fmt::format("the store {} is in use by {}", directory.string(), holder(file))};
  }
  return {errc::storage_failed,
          fmt::format("cannot lock {}: {}", (directory / "lock").string(), std::strerror(errno))};
}

}  // namespace

result<store_lock> store_lock::take(const std::filesystem::path& directory) {
  const std::filesystem::path path = directory / "lock";
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) {
    return error{errc::storage_failed,
                 fmt::format("cannot open {}: {}", path.string(), std::strerror(errno))};
  }
  store_lock taken{file};
  // flock, not a POSIX record lock: that one is lost as soon as anybody in this process closes the
  // file.
  if (::flock(file, LOCK_EX | LOCK_NB) != 0) return refusal(file, directory);
  write_holder(file);
  return taken;
}

store_lock::store_lock(store_lock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}

store_lock& store_lock::operator=(store_lock&& other) noexcept {
  std::swap(file_, other.file_);
  return *this;
}

store_lock::~store_lock() {
  if (file_ >= 0) ::close(file_);
}

}  // namespace millrace::sqlite
