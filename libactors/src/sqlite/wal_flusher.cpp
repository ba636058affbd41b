#include "sqlite/wal_flusher.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace millrace::sqlite {

// SQLite's own descriptor is not to be had. Another one is harmless here: closing it would take
// POSIX locks from the process, and SQLite locks the database and the -shm, never the WAL.
result<wal_flusher> wal_flusher::open(const std::filesystem::path& database) {
  const auto path = database.string() + "-wal";
  const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (file >= 0) return wal_flusher{file};
  return error{errc::storage_failed, fmt::format("cannot open {}: {}", path, std::strerror(errno))};
}

result<void> wal_flusher::flush() const {
  while (::fdatasync(file_) != 0) {
    if (errno == EINTR) continue;
    return error{errc::storage_failed,
                 fmt::format("the WAL cannot be flushed: {}", std::strerror(errno))};
  }
  return {};
}

wal_flusher& wal_flusher::operator=(wal_flusher&& other) noexcept {
  std::swap(file_, other.file_);
  return *this;
}

wal_flusher::~wal_flusher() {
  if (file_ >= 0) ::close(file_);
}

}  // namespace millrace::sqlite
