#include "engine/id_window.hpp"

#include "base/limits.hpp"

namespace millrace {

void id_window::load(std::vector<remembered_id> stored) {
  for (auto& one : stored) add(std::move(one));
}

void id_window::add(remembered_id one) {
  order_.push_back(std::move(one));
  by_id_.erase(order_.back().id);  // its view may be of an entry that leaves earlier
  by_id_.emplace(order_.back().id, order_.back().at);
}

std::optional<position> id_window::find(std::string_view id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? std::nullopt : std::optional{found->second};
}

void id_window::trim(timestamp now) {
  while (!order_.empty() && (order_.size() > limits::id_window_count ||
                             now - order_.front().time > limits::id_window_age)) {
    const auto found = by_id_.find(order_.front().id);
    if (found != by_id_.end() && found->second == order_.front().at) by_id_.erase(found);
    order_.pop_front();
  }
}

}  // namespace millrace
