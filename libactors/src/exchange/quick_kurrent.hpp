/// Events of a Kurrent export as nearly all of them are, without making a document of each line.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "exchange/json_marks.hpp"
#include "exchange/named_types.hpp"
#include "exchange/part.hpp"

namespace millrace::exchange {

/// Reads what it knows, to the same rows as kurrent_lines, and leaves all else to that: whatever is
/// wrong, escapes outside of `data`, the schedule, checkpoints. A test compares both on damaged
/// lines. One thread.
class quick_kurrent {
 public:
  /// `line` begins `rest`, see json_marks::enter. False: it is not such a line, and nothing was
  /// added to the part.
  [[nodiscard]] bool read(std::string_view line, std::string_view rest, position next, part& into,
                          named_types& types);
  /// What comes lies elsewhere.
  void forget() { marks_.forget(); }

 private:
  static constexpr std::size_t types_max = 16;
  static constexpr std::size_t keys_max = 64;
  static constexpr std::size_t texts_max = std::size_t{8} << 10;

  struct route_type {
    std::string_view name;
    bool is_multiple = false;
    bool is_reached = false;
  };

  void begin_line();
  bool read_members();
  bool read_member(std::string_view name);
  bool read_metadata();
  bool read_metadatum(std::string_view name);
  template <class Element>
  bool read_elements(Element read);
  bool read_types();
  bool read_ids();
  bool read_ids_of_type();
  bool add_key(route_type& type, const std::string_view* id);
  bool finish_keys();
  bool first_of(unsigned what);
  bool take_number(std::uint64_t& into);
  bool take_null() { return marks_.take_literal("null"); }
  [[nodiscard]] bool is_whole(position next) const;

  json_marks marks_;
  event_row row_;
  std::optional<position> cause_;
  unsigned seen_ = 0;
  std::array<route_type, types_max> types_;
  std::size_t type_count_ = 0;
  std::array<char, texts_max> texts_;  // of the keys
  std::size_t text_size_ = 0;
  std::array<std::string_view, keys_max> keys_;
  std::size_t key_count_ = 0;
};

}  // namespace millrace::exchange
