#include "sqlite/connection.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <array>
#include <mutex>

#include "base/invariant.hpp"
#include "sqlite/error.hpp"
#include "sqlite/joined_writes.hpp"
#include "sqlite/row_visitor.hpp"

namespace millrace::sqlite {

namespace {

// Only a program that is not ours, or a reader that recovers the WAL's index, ever makes anyone
// wait.
constexpr int busy_milliseconds = 30'000;
// For readers that still need the WAL when it is to be emptied: it may as well stay.
constexpr int empty_wal_milliseconds = 500;

int count_wal_pages(void* counter, sqlite3*, const char*, int pages) {
  *static_cast<std::size_t*>(counter) = static_cast<std::size_t>(pages);
  return SQLITE_OK;
}

/// Counting what is allocated takes a lock at each allocation, of which a row has several; nobody
/// asks for it. Refused, without harm, when the program has used SQLite before.
void count_no_allocations() {
  static std::once_flag once;
  std::call_once(once, [] { sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); });
}

void configure(sqlite3* handle) {
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, busy_milliseconds);
  sqlite3_wal_autocheckpoint(handle, 0);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
}

int open_flags(const connection_settings& settings) {
  if (settings.role == role::reader) return SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX;
  return SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (settings.create ? SQLITE_OPEN_CREATE : 0);
}

}  // namespace

result<connection> connection::open(const std::filesystem::path& file,
                                    connection_settings settings) {
  std::error_code ignored;
  if (!settings.create && !std::filesystem::exists(file, ignored)) {
    return error{errc::not_found, fmt::format("there is no file {}", file.string())};
  }
  count_no_allocations();
  sqlite3* handle = nullptr;
  const char* vfs = settings.role == role::writer ? joined_writes() : nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &handle, open_flags(settings), vfs);
  connection made;
  made.handle_.reset(handle);
  if (code != SQLITE_OK) return to_error(handle, code, fmt::format("open {}", file.string()));
  configure(handle);
  if (const int defined = define_row_functions(handle); defined != SQLITE_OK) {
    return to_error(handle, defined, "functions of rows");
  }
  made.wal_pages_ = std::make_unique<std::size_t>(0);
  sqlite3_wal_hook(handle, count_wal_pages, made.wal_pages_.get());
  const std::string pragmas =
      fmt::format("PRAGMA cache_size = -{}; PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0",
                  settings.cache_size / 1024);
  if (auto done = made.execute(pragmas.c_str()); !done) return done.error();
  auto prepared = made.prepare({{&made.begin_, "BEGIN"},
                                {&made.begin_immediate_, "BEGIN IMMEDIATE"},
                                {&made.commit_, "COMMIT"},
                                {&made.roll_back_, "ROLLBACK"}});
  if (!prepared) return prepared.error();
  return made;
}

result<statement> connection::prepare(std::string_view sql) {
  sqlite3_stmt* handle = nullptr;
  const int code = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
  if (code != SQLITE_OK) return to_error(handle_.get(), code, sql);
  statement made;
  made.handle_.reset(handle);
  return made;
}

result<void> connection::prepare(
    std::initializer_list<std::pair<statement*, std::string_view>> statements) {
  for (const auto& [place, sql] : statements) {
    auto made = prepare(sql);
    if (!made) return made.error();
    *place = std::move(*made);
  }
  return {};
}

result<void> connection::execute(const char* script) {
  const int code = sqlite3_exec(handle_.get(), script, nullptr, nullptr, nullptr);
  if (code == SQLITE_OK) return {};
  return to_error(handle_.get(), sqlite3_extended_errcode(handle_.get()), script);
}

result<std::int64_t> connection::query_integer(std::string_view sql) {
  auto query = prepare(sql);
  if (!query) return query.error();
  switch (query->next()) {
    case step::row: return query->integer(0);
    case step::done: return std::int64_t{0};
    default: return query->failure();
  }
}

result<void> connection::use_wal() {
  if (auto done = execute("PRAGMA journal_mode = WAL"); !done) return done;
  if (auto done = execute("PRAGMA synchronous = NORMAL"); !done) return done;
  auto size = query_integer("PRAGMA page_size");
  if (!size) return size.error();
  page_size_ = static_cast<std::size_t>(*size);
  return {};
}

// Whoever reads a WAL stops at the first frame whose checksum is wrong, as that of zeros is.
result<void> connection::lengthen_wal(std::size_t size) {
  static constexpr std::array<char, 65'536> zeros{};
  sqlite3_file* wal = nullptr;
  int code = sqlite3_file_control(handle_.get(), "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal);
  sqlite3_int64 length = 0;
  if (code == SQLITE_OK && (wal == nullptr || wal->pMethods == nullptr)) return {};  // not open yet
  if (code == SQLITE_OK) code = wal->pMethods->xFileSize(wal, &length);
  const auto wanted = static_cast<sqlite3_int64>(size);
  if (code == SQLITE_OK && length >= wanted) return {};
  for (; code == SQLITE_OK && length < wanted; length += zeros.size()) {
    code = wal->pMethods->xWrite(wal, zeros.data(), static_cast<int>(zeros.size()), length);
  }
  if (code == SQLITE_OK) code = wal->pMethods->xSync(wal, SQLITE_SYNC_NORMAL);
  return code == SQLITE_OK ? result<void>{} : to_error(handle_.get(), code, "lengthen the WAL");
}

result<void> connection::checkpoint_wal(bool empty_it) {
  const int mode = empty_it ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;
  sqlite3_busy_timeout(handle_.get(), empty_wal_milliseconds);
  const int code = sqlite3_wal_checkpoint_v2(handle_.get(), nullptr, mode, nullptr, nullptr);
  sqlite3_busy_timeout(handle_.get(), busy_milliseconds);
  // Busy: a reader still needs the WAL, which is its right. The pages stay there for the next time.
  if (code == SQLITE_OK || (code & 0xff) == SQLITE_BUSY) return {};
  return to_error(handle_.get(), sqlite3_extended_errcode(handle_.get()), "WAL checkpoint");
}

void connection::closer::operator()(sqlite3* handle) const {
  // BUSY means a statement outlived its connection.
  const int code = sqlite3_close(handle);
  MILLRACE_INVARIANT_CMP(code, ==, SQLITE_OK);
}

result<transaction> transaction::begin(connection& database, role as) {
  auto& how = as == role::writer ? database.begin_immediate_ : database.begin_;
  if (auto begun = how.run(); !begun) return begun.error();
  return transaction{database};
}

result<void> transaction::commit() {
  if (auto done = database_->commit_.run(); !done) return done;
  database_ = nullptr;
  return {};
}

transaction::~transaction() {
  if (database_ == nullptr) return;
  // SQLite may have rolled back by itself already; then this says so, which is no news.
  (void)database_->roll_back_.run();
}

}  // namespace millrace::sqlite
