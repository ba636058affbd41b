/// Where a command writes: lines, JSON lines and tables.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::documents {}

namespace millrace::cli {

using namespace documents;  // commands print them, or say the same in words

enum class colour { plain, bold, dim, red, yellow, green };

/// Buffered lines to a descriptor. One thread. When nobody reads any more (`| head`) the rest is
/// dropped and is_open() turns false, so that a command can stop early; that is no error.
class output {
 public:
  /// Writes all of it; false: it cannot be written any more, errno says why.
  using writer = std::function<bool(std::string_view)>;
  struct settings {
    bool colour = false;
    std::size_t width = 0;  ///< columns of the terminal; 0: not a terminal, cut nothing
  };
  output(writer write, settings look) : write_(std::move(write)), look_(look) {}
  output(const output&) = delete;
  output& operator=(const output&) = delete;
  ~output() { flush(); }

  /// `text` must be inert already; a newline is added.
  void line(std::string_view text);
  /// One JSON value: made inert here.
  void json(std::string_view value);
  /// Whole lines of JSON as they are, for programs; on a terminal they are made inert.
  void raw(std::string_view lines);
  /// What a command of the program's own writes.
  void as_it_is(std::string_view text);
  void flush();
  [[nodiscard]] bool is_open() const { return problem_ == 0; }
  /// errno of the first write that failed, when that was not because nobody reads; else 0.
  [[nodiscard]] int failure() const;

  [[nodiscard]] std::string paint(colour with, std::string_view text) const;
  [[nodiscard]] std::size_t width() const { return look_.width; }

 private:
  writer write_;
  settings look_;
  std::string buffer_;
  int problem_ = 0;
};

/// The process's own descriptor: colour and width when it is a terminal and NO_COLOR is not set.
[[nodiscard]] output::settings look_of(int descriptor);
[[nodiscard]] output::writer writer_of(int descriptor);

/// Aligned columns. Buffers the first rows to find the widths, then writes as rows come, so that a
/// table of any length needs little memory. Cells are made inert here.
class table {
 public:
  struct column {
    std::string title;
    bool right = false;  ///< numbers
  };
  struct cell {
    std::string text;
    colour with = colour::plain;
    cell(std::string shown, colour painted = colour::plain)
        : text(std::move(shown)), with(painted) {}
    cell(const char* shown) : text(shown) {}
  };
  table(output& out, std::vector<column> columns);
  ~table() { finish(); }
  table(const table&) = delete;
  table& operator=(const table&) = delete;

  /// The last column is cut at the terminal's width.
  void row(std::vector<cell> cells);
  /// Writes what is buffered. No rows: nothing is written, also no titles.
  void finish();

 private:
  void write(const std::vector<cell>& cells);

  output& out_;
  std::vector<column> columns_;
  std::vector<std::size_t> widths_;
  std::vector<std::vector<cell>> buffered_;
  bool widths_known_ = false;
};

}  // namespace millrace::cli
