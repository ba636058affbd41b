/// Rows that are looked at inside SQLite, while it walks a table.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "millrace/types.hpp"

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
  [[nodiscard]] std::optional<position> maybe_at(int column) const;

 private:
  sqlite3_value** values_;
};

/// False: no further row. What it throws comes out of statement::visit(). It may use other
/// statements of the connection, and none that writes.
using row_visitor = std::function<bool(const row_view&)>;

/// What a column of the row at hand becomes; a view that lives until the statement has run. As for
/// a visitor, but that it may use no other statement.
using row_editor = std::function<std::string_view(const row_view&)>;

/// Gives a connection the aggregate `each_row(?1, columns...)`, which statement::visit() runs: a
/// row is then neither copied nor handed out by a step of its own, which is half of what reading
/// costs. The table's own order is the order of rows; SQLite promises none for aggregates, so
/// whoever needs it looks. And the function `edited(?1, columns...)`, of statement::edit(): a row
/// that depends on what it was is sought once. Returns a code of SQLite.
int define_row_functions(sqlite3* connection);

}  // namespace millrace::sqlite
