#include "bare/database.hpp"

#include "harness/basics.hpp"

namespace millrace::bench::bare {
namespace {

/// For another one that opens or closes the same database.
constexpr int milliseconds_to_wait = 10'000;

}  // namespace

database::database(const std::filesystem::path& file, mode how) {
  const int flags =
      how == mode::read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  need(sqlite3_open_v2(file.c_str(), &handle_, flags | SQLITE_OPEN_NOMUTEX, nullptr) == SQLITE_OK,
       "cannot open " + file.string());
  sqlite3_busy_timeout(handle_, milliseconds_to_wait);
  if (how == mode::write) run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL");
}

database::~database() { sqlite3_close(handle_); }

void database::run(const char* sql) {
  const int outcome = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  need(outcome == SQLITE_OK, std::string{sql} + ": " + sqlite3_errmsg(handle_));
}

statement::statement(database& in, const char* sql) {
  const int outcome = sqlite3_prepare_v2(in.handle(), sql, -1, &handle_, nullptr);
  need(outcome == SQLITE_OK, std::string{sql} + ": " + sqlite3_errmsg(in.handle()));
}

bool statement::step() {
  const int outcome = sqlite3_step(handle_);
  need(outcome == SQLITE_ROW || outcome == SQLITE_DONE, "SQLite fails");
  return outcome == SQLITE_ROW;
}

}  // namespace millrace::bench::bare
