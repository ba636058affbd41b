#include "service/epochs.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>
#include <system_error>

#include "base/service_limits.hpp"
#include "documents/text.hpp"

namespace millrace::service {
namespace {

error failed(const std::filesystem::path& path) {
  const auto code = errno == ENOSPC || errno == EDQUOT ? errc::storage_full : errc::storage_failed;
  return {code, fmt::format("cannot write {}: {}", path.string(), std::strerror(errno))};
}

/// With a flush to the disk. Directories are opened for that alone.
result<void> flushed(const std::filesystem::path& path, int flags, std::string_view text) {
  const int file = ::open(path.c_str(), flags | O_CLOEXEC, 0644);
  if (file < 0) return failed(path);
  result<void> done;
  const auto size = static_cast<::ssize_t>(text.size());
  if ((size > 0 && ::write(file, text.data(), text.size()) != size) || ::fsync(file) != 0) {
    done = failed(path);
  }
  ::close(file);
  return done;
}

}  // namespace

result<std::uint64_t> epochs::next() {
  if (reserved_ == 0) {
    auto known = read();
    if (!known) return known.error();
    next_ = reserved_ = *known;
  }
  if (next_ == reserved_) {
    if (auto written = write(reserved_ + limits::epochs_reserved); !written) return written.error();
    reserved_ += limits::epochs_reserved;
  }
  return next_++;
}

result<std::uint64_t> epochs::read() const {
  const auto path = directory_ / "epochs";
  std::error_code unreadable;
  if (!std::filesystem::exists(path, unreadable) && !unreadable) return std::uint64_t{1};
  std::ifstream in{path};
  std::string line;
  std::getline(in, line);
  const auto number = documents::parse_number(line);
  if (number && *number > 0 && !in.eof()) return *number;
  return error{errc::corrupt, path.string() + " holds no number"};
}

/// The old file or the new one is there at any time.
result<void> epochs::write(std::uint64_t first_free) const {
  const auto path = directory_ / "epochs";
  const auto fresh = directory_ / "epochs.new";
  auto written = flushed(fresh, O_WRONLY | O_CREAT | O_TRUNC, fmt::format("{}\n", first_free));
  if (!written) return written;
  if (::rename(fresh.c_str(), path.c_str()) != 0) return failed(path);
  return flushed(directory_, O_RDONLY | O_DIRECTORY, {});
}

}  // namespace millrace::service
