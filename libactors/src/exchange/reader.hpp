/// A stream of bytes to parts, whatever its size: lines are split, read and checked.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "exchange/part.hpp"

namespace millrace::exchange {

struct reading_rules {
  bool skip_bad = false;  ///< a bad line is noted and passed over; otherwise reading ends there
  std::optional<format> wanted;  ///< none: the first line tells
};

/// Pushed by whoever has bytes: room(), took(), then next() until it gives nothing. Holds one part
/// at a time: a few megabytes, or the longest line. Pure; one thread.
class reader {
 public:
  /// The first byte is that at `from.offset` of the stream.
  reader(reading from, reading_rules rules);
  ~reader();

  /// Where to put more bytes; never empty.
  [[nodiscard]] std::span<char> room();
  void took(std::size_t size) { filled_ += size; }
  /// There are no more: what is left is a line too, although no line break ends it.
  void end() { ended_ = true; }

  enum class hurry { full_parts, now };
  /// The next part; none: more bytes are needed. `now` also gives what would be a small part.
  [[nodiscard]] std::unique_ptr<part> next(hurry wanted);
  /// A part stopped at a bad line: there is nothing further.
  [[nodiscard]] bool stopped() const { return stopped_; }
  [[nodiscard]] const reading& now() const { return at_; }

 private:
  [[nodiscard]] bool is_worth(hurry wanted) const;
  void give_text(part& to, std::size_t used);
  std::size_t read_lines(part& into);
  bool drop_long_line();
  bool read_line(std::string_view line, std::string_view rest, part& into);
  bool report(std::string why, part& into);
  std::optional<std::string> understand(std::string_view line, part& into);
  [[nodiscard]] std::optional<format> find_format() const;

  reading_rules rules_;
  reading at_;
  bool ended_ = false;
  bool stopped_ = false;
  bool more_ = false;          // whole lines are left
  bool in_long_line_ = false;  // one over the limit: its bytes are dropped as they come
  std::size_t dropped_ = 0;    // of it, so far
  bool is_cut_ = false;

  pooled_bytes text_;
  std::size_t capacity_ = 0;
  std::size_t filled_ = 0;
  std::size_t events_before_ = 0;  // in the part before

  struct languages;  // what understands a line; the library for it stays inside of this layer
  std::unique_ptr<languages> languages_;
};

}  // namespace millrace::exchange
