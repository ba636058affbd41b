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

}  // namespace

std::int64_t row_view::integer(int column) const { return sqlite3_value_int64(values_[column]); }

std::string_view row_view::bytes(int column) const {
  const void* data = sqlite3_value_blob(values_[column]);
  if (data == nullptr) return {};
  const int size = sqlite3_value_bytes(values_[column]);
  return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
}

int define_each_row(sqlite3* connection) {
  return sqlite3_create_function_v2(connection, "each_row", -1, SQLITE_UTF8 | SQLITE_DIRECTONLY,
                                    nullptr, nullptr, see, end, nullptr);
}

}  // namespace millrace::sqlite
