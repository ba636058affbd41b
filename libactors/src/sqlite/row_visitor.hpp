/// Rows that are looked at inside SQLite, while it walks a table.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

struct sqlite3;
struct sqlite3_value;

namespace millrace::sqlite {

/// Columns of the row at hand, counted from 0. Their bytes lie in SQLite's page, and live for the
/// call.
class row_view {
 public:
  explicit row_view(sqlite3_value** values) : values_(values) {}
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string_view bytes(int column) const;

 private:
  sqlite3_value** values_;
};

/// False: no further row. What it throws comes out of statement::visit(). It may use other
/// statements of the connection, and none that writes.
using row_visitor = std::function<bool(const row_view&)>;

/// Gives a connection the aggregate `each_row(?1, columns...)`, which statement::visit() runs: a
/// row is then neither copied nor handed out by a step of its own, which is half of what reading
/// costs. The table's own order is the order of rows; SQLite promises none for aggregates, so
/// whoever needs it looks. Returns a code of SQLite.
int define_each_row(sqlite3* connection);

}  // namespace millrace::sqlite
