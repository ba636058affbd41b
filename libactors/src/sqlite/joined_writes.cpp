#include "sqlite/joined_writes.hpp"

#include <sqlite3.h>

#include <cstddef>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>
#include <utility>

namespace millrace::sqlite {
namespace {

// The system's VFS takes less than 128 KiB at once: it looks at the lowest 17 bits of a size.
constexpr int held_back_max = 120 << 10;
constexpr int wal_header_size = 32;
constexpr int page_header_size = 24;

/// Ours of a file, behind what is the system's: so its methods can be called with the same file.
struct held_back {
  const sqlite3_io_methods* system = nullptr;
  std::unique_ptr<char[]> bytes;
  int size = 0;
  sqlite3_int64 begin = 0;     // where they go
  bool ends_a_commit = false;  // the page whose header came last
};

sqlite3_vfs* system_vfs() {
  static sqlite3_vfs* const found = sqlite3_vfs_find(nullptr);
  return found;
}
std::size_t size_of_the_system() {
  constexpr auto alignment = alignof(std::max_align_t);
  return (static_cast<std::size_t>(system_vfs()->szOsFile) + alignment - 1) / alignment * alignment;
}
held_back& of(sqlite3_file* file) {
  return *std::launder(
      reinterpret_cast<held_back*>(reinterpret_cast<char*>(file) + size_of_the_system()));
}

int write_out(sqlite3_file* file) {
  auto& held = of(file);
  if (held.size == 0) return SQLITE_OK;
  const int size = std::exchange(held.size, 0);
  return held.system->xWrite(file, held.bytes.get(), size, held.begin);
}

/// Of a page of a commit that is not its last: 0. Bytes 4 to 7 of its header, the highest first.
bool says_end_of_commit(const void* header) {
  static constexpr char none[4] = {};
  return std::memcmp(static_cast<const char*>(header) + 4, none, sizeof none) != 0;
}

/// What SQLite writes of a commit is, page by page, a header and the page; the header of the last
/// one says so. Pages that it had to write early are sometimes written again in their place, and
/// then all headers from there on, each after it was read: so one that comes alone is not held
/// back.
int write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 at) {
  auto& held = of(file);
  const bool is_header = size == page_header_size && at >= wal_header_size;
  const bool is_last_page = !is_header && held.ends_a_commit;
  held.ends_a_commit = is_header && says_end_of_commit(bytes);
  if (held.begin + held.size != at || held.size + size > held_back_max) {
    if (const int code = write_out(file); code != SQLITE_OK) return code;
  }
  const bool is_alone = held.size == 0;
  if (is_alone && (held.ends_a_commit || is_last_page || size > held_back_max)) {
    return held.system->xWrite(file, bytes, size, at);
  }
  if (!held.bytes) {
    held.bytes.reset(new (std::nothrow) char[held_back_max]);
    if (!held.bytes) return held.system->xWrite(file, bytes, size, at);
  }
  if (is_alone) held.begin = at;
  std::memcpy(held.bytes.get() + held.size, bytes, static_cast<std::size_t>(size));
  held.size += size;
  return is_last_page ? write_out(file) : SQLITE_OK;
}

int read(sqlite3_file* file, void* into, int size, sqlite3_int64 at) {
  const int code = write_out(file);
  return code != SQLITE_OK ? code : of(file).system->xRead(file, into, size, at);
}
int truncate(sqlite3_file* file, sqlite3_int64 size) {
  const int code = write_out(file);
  return code != SQLITE_OK ? code : of(file).system->xTruncate(file, size);
}
int sync(sqlite3_file* file, int how) {
  const int code = write_out(file);
  return code != SQLITE_OK ? code : of(file).system->xSync(file, how);
}
int file_size(sqlite3_file* file, sqlite3_int64* size) {
  const int code = write_out(file);
  return code != SQLITE_OK ? code : of(file).system->xFileSize(file, size);
}
int close(sqlite3_file* file) {
  const int code = write_out(file);
  const auto* system = of(file).system;
  of(file).~held_back();
  const int closed = system->xClose(file);
  return code != SQLITE_OK ? code : closed;
}

/// The system's methods with ours among them; the system may have several tables of them. Null: one
/// that was not seen before, when there is no more room.
const sqlite3_io_methods* joined(const sqlite3_io_methods* system) {
  static std::mutex mutex;
  static struct {
    const sqlite3_io_methods* system = nullptr;
    sqlite3_io_methods ours{};
  } known[4];
  const std::scoped_lock lock{mutex};
  for (auto& each : known) {
    if (each.system == nullptr) {
      each.system = system;
      each.ours = *system;
      each.ours.xRead = read;
      each.ours.xWrite = write;
      each.ours.xTruncate = truncate;
      each.ours.xSync = sync;
      each.ours.xFileSize = file_size;
      each.ours.xClose = close;
    }
    if (each.system == system) return &each.ours;
  }
  return nullptr;
}

int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out) {
  const int code = system_vfs()->xOpen(system_vfs(), name, file, flags, out);
  const bool is_wal = (flags & SQLITE_OPEN_WAL) != 0;
  if (code != SQLITE_OK || file->pMethods == nullptr || !is_wal) return code;
  const auto* system = file->pMethods;
  const auto* ours = joined(system);
  if (ours == nullptr) return code;
  auto* held = new (reinterpret_cast<char*>(file) + size_of_the_system()) held_back;
  held->system = system;
  file->pMethods = ours;
  return code;
}

}  // namespace

const char* joined_writes() {
  static constexpr const char* name = "millrace-joined-writes";
  static const bool is_there = [] {
    sqlite3_initialize();
    if (system_vfs() == nullptr) return false;
    static sqlite3_vfs mine = *system_vfs();
    mine.pNext = nullptr;
    mine.zName = name;
    mine.szOsFile = static_cast<int>(size_of_the_system() + sizeof(held_back));
    mine.xOpen = open;
    return sqlite3_vfs_register(&mine, 0) == SQLITE_OK;
  }();
  return is_there ? name : nullptr;
}

}  // namespace millrace::sqlite
