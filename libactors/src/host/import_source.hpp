/// Where an import comes from: a file, a pipe; and how it is known again. docs/formats/imports.md
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/import.pb.h"
#include "millrace/result.hpp"

namespace millrace {

/// The identity of a source, as far as it is imported: kept up to date with each part.
class source_print {
 public:
  source_print() = default;
  /// Of a source that is known; `recent` are the bytes before its offset.
  source_print(std::string beginning, std::string recent)
      : beginning_(std::move(beginning)), recent_(std::move(recent)) {}

  /// The bytes that follow. `is_cut`: others came before them.
  void add(std::string_view bytes, bool is_cut);
  void write_to(v1::Import& record) const;
  /// What was imported last is a line without a break: what follows ends that one first.
  [[nodiscard]] bool is_within_line() const { return !recent_.empty() && recent_.back() != '\n'; }

 private:
  std::string beginning_;
  std::string recent_;
  bool is_whole_ = true;  // nothing was left out of it
};

/// An open file, pipe or terminal. One thread reads; `ending` may be set by any.
class import_source {
 public:
  /// `-`: standard input. Errors: not_found, invalid (a directory, no right to read).
  static result<import_source> open(const std::string& name);
  /// A pipe or socket, which it reads from a copy of `descriptor`. `broken` is asked when there is
  /// no more: true is no end of the source, and what is left of a line is none. Errors: overloaded.
  static result<import_source> of_stream(int descriptor, std::string name,
                                         std::function<bool()> broken);
  import_source(import_source&& other) noexcept;
  import_source& operator=(import_source&&) = delete;
  ~import_source();

  /// Size of a regular file; none: it has no end that is known.
  [[nodiscard]] std::optional<std::uint64_t> size() const;
  [[nodiscard]] const std::string& name() const { return name_; }

  /// Finds out which of the known sources this is, and goes to where that one is imported; none: a
  /// new one, and it is at its beginning. A pipe is read up to there. Errors: conflict (it is one
  /// of them and is not what it was), invalid (cannot be read).
  result<std::optional<v1::Import>> recognise(const std::vector<v1::Import>& known,
                                              const std::function<bool()>& ending);
  /// In place of recognise: what comes begins `known.recent_size()` bytes before where `known`
  /// ends, and goes on. Errors: conflict (these bytes are others), invalid.
  result<void> go_on(const v1::Import& known, const std::function<bool()>& ending);
  /// Of a file: so many bytes are read again.
  void step_back(std::uint64_t size) { at_ -= size; }
  /// After recognise.
  [[nodiscard]] source_print print() const { return print_; }

  enum class state { bytes, nothing_yet, at_end, ended };
  struct piece {
    state how = state::ended;
    std::size_t size = 0;
  };
  /// Some bytes; or `nothing_yet` after a while without any; at_end: of a file, which may grow, or
  /// of a pipe that has no writer now; ended: `ending` said so.
  result<piece> read(std::span<char> into, const std::function<bool()>& ending);
  /// Whether read() would give bytes at once.
  [[nodiscard]] bool has_more() const;
  /// What can be read when read() may give more, also when a file of that name has grown, was cut,
  /// moved or removed; -1: nothing tells.
  [[nodiscard]] int news();
  /// Whether what is read at its end still is the file of that name: it may have been cut, or
  /// another may have taken its place, and then nothing will ever come. Errors: conflict.
  [[nodiscard]] result<void> is_still_there() const;
  /// Whether more may come after at_end.
  [[nodiscard]] bool can_grow() const { return kind_ != kind::pipe_of_parent; }

 private:
  enum class kind { file, named_pipe, pipe_of_parent };
  import_source(int descriptor, std::string name, kind what)
      : descriptor_(descriptor), name_(std::move(name)), kind_(what) {}

  result<std::optional<v1::Import>> recognise_file(const std::vector<v1::Import>& known);
  result<std::optional<v1::Import>> recognise_pipe(const std::vector<v1::Import>& known,
                                                   const std::function<bool()>& ending);
  result<std::string> read_at(std::uint64_t offset, std::size_t size) const;
  result<void> fill(std::size_t size, const std::function<bool()>& ending);
  result<void> skip_to(const v1::Import& known, const std::function<bool()>& ending);

  int descriptor_ = -1;
  int changes_ = -1;  // of a file, since somebody wanted to know
  std::string name_;
  std::function<bool()> broken_;
  kind kind_ = kind::file;
  std::uint64_t at_ = 0;  // of a file: where the next read begins
  std::string held_;      // of a pipe: read already, to be given again
  source_print print_;
};

}  // namespace millrace
