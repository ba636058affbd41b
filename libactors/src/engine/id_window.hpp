/// Which event ids were appended lately, so that a repeated append is harmless.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "store/store.hpp"

namespace millrace {

/// Bounded by count and by recorded age (limits.hpp). Journal thread only.
class id_window {
 public:
  void load(std::vector<remembered_id> stored);
  void add(remembered_id one);
  /// Where an event with this id was first appended, when that is still remembered.
  [[nodiscard]] std::optional<position> find(std::string_view id) const;
  /// Forgets what is too old at `now`, and the oldest beyond the count.
  void trim(timestamp now);

 private:
  std::deque<remembered_id> order_;
  std::unordered_map<std::string_view, position>
      by_id_;  // views into order_: a deque never moves them
};

}  // namespace millrace
