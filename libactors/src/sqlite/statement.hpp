/// A prepared statement with typed parameters and columns.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "millrace/result.hpp"
#include "millrace/types.hpp"
#include "sqlite/row_visitor.hpp"

struct sqlite3_stmt;

namespace millrace::sqlite {

enum class step { row, done, failed };

/// Belongs to a connection and to its thread, and dies before it. Parameters count from 1, columns
/// from 0. Bytes are bound without a copy: they live until the statement is reset.
class statement {
 public:
  /// Binds all parameters in order and runs to the end. For statements that give no rows.
  template <class... Values>
  result<void> run(const Values&... values) {
    bind_all(values...);
    return finish();
  }

  /// Binds all parameters in order. Call next() until done, and keep the guard meanwhile: it
  /// resets.
  template <class... Values>
  [[nodiscard]] auto start(const Values&... values) {
    bind_all(values...);
    return guard{this};
  }

  /// Binds the parameters from ?2 on, and shows each row to `visit` until that returns false. For
  /// `SELECT each_row(?1, columns...) FROM ...` (row_visitor.hpp).
  template <class... Values>
  result<void> visit(const row_visitor& visit, const Values&... values) {
    int parameter = 1;
    (bind(++parameter, values), ...);
    return show(visit);
  }

  /// The same for a change: its function `edited(?1, columns...)` gives what `editor` makes of the
  /// row that is changed.
  template <class... Values>
  result<void> edit(const row_editor& editor, const Values&... values) {
    int parameter = 1;
    (bind(++parameter, values), ...);
    return run_editing(editor);
  }

  /// As run(); how many rows it changed.
  template <class... Values>
  result<std::int64_t> change(const Values&... values) {
    if (auto done = run(values...); !done) return done.error();
    return changes();
  }

  /// Views of a row's columns live until the next call of next() or the end of the guard.
  [[nodiscard]] step next();
  /// After next() said failed.
  [[nodiscard]] error failure() const;

  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string_view bytes(int column) const;
  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] position at(int column) const;
  [[nodiscard]] std::optional<position> maybe_at(int column) const;
  [[nodiscard]] timestamp time(int column) const;

 private:
  friend class connection;
  struct finalizer {
    void operator()(sqlite3_stmt* handle) const;
  };
  struct resetter {
    void operator()(statement* used) const { used->reset(); }
  };
  using guard = std::unique_ptr<statement, resetter>;

  template <class... Values>
  void bind_all(const Values&... values) {
    int parameter = 0;
    (bind(++parameter, values), ...);
  }
  void bind(int parameter, std::nullptr_t);
  void bind(int parameter, std::int64_t value);
  void bind(int parameter, int value) { bind(parameter, std::int64_t{value}); }
  void bind(int parameter, std::uint32_t value) { bind(parameter, std::int64_t{value}); }
  void bind(int parameter, bool value) { bind(parameter, std::int64_t{value}); }
  /// Positions past the largest integer of SQLite are bound as that: fit for upper limits.
  void bind(int parameter, position value);
  void bind(int parameter, timestamp value);
  void bind(int parameter, std::string_view value);  ///< as a blob; empty is not null
  template <class Value>
  void bind(int parameter, const std::optional<Value>& value) {
    value ? bind(parameter, *value) : bind(parameter, nullptr);
  }
  result<void> finish();
  result<void> show(const row_visitor& visit);
  result<void> run_editing(const row_editor& editor);
  [[nodiscard]] std::int64_t changes() const;
  void reset();

  std::unique_ptr<sqlite3_stmt, finalizer> handle_;
};

/// The position as SQLite stores it.
[[nodiscard]] std::int64_t to_integer(position at);

}  // namespace millrace::sqlite
