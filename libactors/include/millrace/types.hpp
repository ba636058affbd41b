/// The vocabulary every other header speaks: positions, flow keys and recorded time.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace millrace {

/// The number of an event on the timeline: from 0, strictly increasing, without gaps for appended
/// events. An import keeps the numbers it is given. A *tail* is also a position: the first one that
/// is not written yet, so a timeline with tail 3 holds the positions 0, 1 and 2.
struct position {
  std::uint64_t value = 0;

  friend constexpr auto operator<=>(position, position) = default;
  [[nodiscard]] constexpr position next() const { return {value + 1}; }
};

/// What an event that is not on the timeline yet has: a topic's own emission, while it is folded.
inline constexpr position unplaced{UINT64_MAX};

/// Recorded time: microseconds since the Unix epoch, UTC.
using timestamp = std::chrono::sys_time<std::chrono::microseconds>;
using duration = std::chrono::microseconds;

/// Names one flow: `ShiftSchedule` (its type has a single instance) or `ScanActivity|ajohnston`
/// (one instance for each id). The first `|` splits; the id may hold any UTF-8, also `|`, and may
/// be empty: `T` and `T|` are different flows. Ordered by bytes.
class flow_key {
 public:
  flow_key() = default;
  /// The single instance of a type.
  explicit flow_key(std::string_view type) : text_(type), type_size_(type.size()) {}
  /// One instance of many.
  flow_key(std::string_view type, std::string_view id) : type_size_(type.size()) {
    text_.reserve(type.size() + 1 + id.size());
    text_.append(type).append(1, '|').append(id);
  }
  /// Splits at the first `|`. Any text is a key.
  [[nodiscard]] static flow_key parse(std::string text) {
    flow_key key;
    key.text_ = std::move(text);
    key.type_size_ = key.text_.find('|');
    if (key.type_size_ == std::string::npos) key.type_size_ = key.text_.size();
    return key;
  }

  [[nodiscard]] std::string_view type() const { return {text_.data(), type_size_}; }
  [[nodiscard]] bool has_id() const { return type_size_ < text_.size(); }
  /// Empty for a single instance.
  [[nodiscard]] std::string_view id() const {
    return has_id() ? std::string_view{text_}.substr(type_size_ + 1) : std::string_view{};
  }
  /// Type, `|` and id: what is printed and stored.
  [[nodiscard]] const std::string& text() const { return text_; }

  friend bool operator==(const flow_key& a, const flow_key& b) { return a.text_ == b.text_; }
  friend std::strong_ordering operator<=>(const flow_key& a, const flow_key& b) {
    return a.text_.compare(b.text_) <=> 0;
  }

 private:
  std::string text_;
  std::size_t type_size_ = 0;
};

}  // namespace millrace

template <>
struct std::hash<millrace::flow_key> {
  std::size_t operator()(const millrace::flow_key& key) const noexcept {
    return std::hash<std::string>{}(key.text());
  }
};

template <>
struct std::hash<millrace::position> {
  std::size_t operator()(millrace::position at) const noexcept {
    return std::hash<std::uint64_t>{}(at.value);
  }
};
