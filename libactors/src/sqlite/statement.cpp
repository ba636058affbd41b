#include "sqlite/statement.hpp"

#include <sqlite3.h>

#include <limits>

#include "base/invariant.hpp"
#include "sqlite/error.hpp"
#include "sqlite/visiting.hpp"

namespace millrace::sqlite {

step statement::next() {
  switch (sqlite3_step(handle_.get())) {
    case SQLITE_ROW: return step::row;
    case SQLITE_DONE: return step::done;
    default: return step::failed;
  }
}

result<void> statement::finish() {
  const int code = sqlite3_step(handle_.get());
  if (code == SQLITE_DONE) [[likely]] {
    sqlite3_reset(handle_.get());
    return {};
  }
  MILLRACE_INVARIANT_CMP(code, !=, SQLITE_ROW);
  error failed = failure();
  sqlite3_reset(handle_.get());
  return failed;
}

result<void> statement::show(const row_visitor& visit) {
  visiting asked{visit};
  MILLRACE_INVARIANT_CMP(sqlite3_bind_pointer(handle_.get(), 1, &asked, visiting_type, nullptr), ==,
                         SQLITE_OK);
  const int code = sqlite3_step(handle_.get());
  result<void> done;
  if (code != SQLITE_ROW && !asked.stopped && !asked.thrown) done = failure();
  sqlite3_reset(handle_.get());
  bind(1, nullptr);
  if (asked.thrown) std::rethrow_exception(asked.thrown);
  return done;
}

result<void> statement::run_editing(const row_editor& editor) {
  editing asked{editor};
  MILLRACE_INVARIANT_CMP(sqlite3_bind_pointer(handle_.get(), 1, &asked, editing_type, nullptr), ==,
                         SQLITE_OK);
  auto done = finish();
  bind(1, nullptr);
  if (asked.thrown) std::rethrow_exception(asked.thrown);
  return done;
}

std::int64_t statement::changes() const {
  return sqlite3_changes64(sqlite3_db_handle(handle_.get()));
}

error statement::failure() const {
  sqlite3* database = sqlite3_db_handle(handle_.get());
  return to_error(database, sqlite3_extended_errcode(database), sqlite3_sql(handle_.get()));
}

void statement::reset() { sqlite3_reset(handle_.get()); }

std::int64_t statement::integer(int column) const {
  return sqlite3_column_int64(handle_.get(), column);
}

std::string_view statement::bytes(int column) const {
  const void* data = sqlite3_column_blob(handle_.get(), column);
  if (data == nullptr) return {};
  const int size = sqlite3_column_bytes(handle_.get(), column);
  return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
}

bool statement::is_null(int column) const {
  return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
}

position statement::at(int column) const { return {static_cast<std::uint64_t>(integer(column))}; }

std::optional<position> statement::maybe_at(int column) const {
  if (is_null(column)) return std::nullopt;
  return at(column);
}

timestamp statement::time(int column) const {
  return timestamp{std::chrono::microseconds{integer(column)}};
}

// Binding fails only for a wrong index or a value over SQLite's limits: both are ours to avoid.
void statement::bind(int parameter, std::nullptr_t) {
  MILLRACE_INVARIANT_CMP(sqlite3_bind_null(handle_.get(), parameter), ==, SQLITE_OK);
}

void statement::bind(int parameter, std::int64_t value) {
  MILLRACE_INVARIANT_CMP(sqlite3_bind_int64(handle_.get(), parameter, value), ==, SQLITE_OK);
}

void statement::bind(int parameter, position value) { bind(parameter, to_integer(value)); }

void statement::bind(int parameter, timestamp value) {
  bind(parameter, std::int64_t{value.time_since_epoch().count()});
}

void statement::bind(int parameter, std::string_view value) {
  // A null pointer would bind NULL.
  const char* data = value.data() == nullptr ? "" : value.data();
  MILLRACE_INVARIANT_CMP(
      sqlite3_bind_blob64(handle_.get(), parameter, data, value.size(), SQLITE_STATIC), ==,
      SQLITE_OK);
}

void statement::finalizer::operator()(sqlite3_stmt* handle) const { sqlite3_finalize(handle); }

std::int64_t to_integer(position at) {
  constexpr auto largest = std::numeric_limits<std::int64_t>::max();
  if (at.value > static_cast<std::uint64_t>(largest)) return largest;
  return static_cast<std::int64_t>(at.value);
}

}  // namespace millrace::sqlite
