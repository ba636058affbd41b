#include "sqlite/row_visitor.hpp"

#include <sqlite3.h>

#include "sqlite/visiting.hpp"

namespace millrace::sqlite {
namespace {

// The statement ends with an error, which is how an aggregate stops it.
void stop(sqlite3_context* context) { sqlite3_result_error(context, "no more rows", -1); }

void see(sqlite3_context* context, int, sqlite3_value** values) {
  auto* const asked = static_cast<visiting*>(sqlite3_value_pointer(values[0], visiting_type));
  if (asked == nullptr) return sqlite3_result_error(context, "nobody visits", -1);
  try {
    if (asked->visit(row_view{values + 1})) return;
    asked->stopped = true;
  } catch (...) {
    asked->thrown = std::current_exception();
  }
  stop(context);
}

void end(sqlite3_context* context) { sqlite3_result_null(context); }

void edit(sqlite3_context* context, int, sqlite3_value** values) {
  auto* const asked = static_cast<editing*>(sqlite3_value_pointer(values[0], editing_type));
  if (asked == nullptr) return sqlite3_result_error(context, "nobody edits", -1);
  try {
    const auto made = asked->edit(row_view{values + 1});
    // A null pointer would become NULL.
    sqlite3_result_blob64(context, made.data() == nullptr ? "" : made.data(), made.size(),
                          SQLITE_STATIC);
  } catch (...) {
    asked->thrown = std::current_exception();
    stop(context);
  }
}

}  // namespace

std::int64_t row_view::integer(int column) const { return sqlite3_value_int64(values_[column]); }

std::string_view row_view::bytes(int column) const {
  const void* data = sqlite3_value_blob(values_[column]);
  if (data == nullptr) return {};
  const int size = sqlite3_value_bytes(values_[column]);
  return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
}

std::optional<position> row_view::maybe_at(int column) const {
  if (sqlite3_value_type(values_[column]) == SQLITE_NULL) return std::nullopt;
  return position{static_cast<std::uint64_t>(integer(column))};
}

int define_row_functions(sqlite3* connection) {
  constexpr int any_number = -1;
  constexpr int kind = SQLITE_UTF8 | SQLITE_DIRECTONLY;
  const int each_row = sqlite3_create_function_v2(connection, "each_row", any_number, kind, nullptr,
                                                  nullptr, see, end, nullptr);
  if (each_row != SQLITE_OK) return each_row;
  return sqlite3_create_function_v2(connection, "edited", any_number, kind, nullptr, edit, nullptr,
                                    nullptr, nullptr);
}

}  // namespace millrace::sqlite
