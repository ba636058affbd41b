// What is pending, in order, however much that is.
#include <algorithm>
#include <tuple>

#include "host/overview.hpp"

namespace millrace {
namespace {

auto order_of(const flow_key& key) { return std::tuple{key.type(), key.has_id(), key.id()}; }

bool is_before(const flow_view& one, const flow_view& two) {
  return order_of(one.row.entry.key) < order_of(two.row.entry.key);
}

/// The first so many of all that it is shown, each once.
class first_flows {
 public:
  first_flows(const std::optional<flow_key>& after, std::size_t most)
      : after_(after), most_(most) {}

  [[nodiscard]] bool wants(const flow_key& key) {
    if (after_ && order_of(key) <= order_of(*after_)) return false;
    if (kept_.size() < most_) return true;
    const auto& last = kept_.front().row.entry.key;
    cut_ = cut_ || order_of(last) < order_of(key);
    return order_of(key) < order_of(last);
  }
  void add(flow_view view) {
    kept_.push_back(std::move(view));
    std::push_heap(kept_.begin(), kept_.end(), is_before);
    if (kept_.size() <= most_) return;
    std::pop_heap(kept_.begin(), kept_.end(), is_before);
    kept_.pop_back();
    cut_ = true;
  }
  [[nodiscard]] pending_page finish() && {
    std::sort_heap(kept_.begin(), kept_.end(), is_before);
    const auto same = [](const flow_view& one, const flow_view& two) {
      return one.row.entry.key == two.row.entry.key;
    };
    kept_.erase(std::unique(kept_.begin(), kept_.end(), same), kept_.end());
    return {std::move(kept_), cut_};
  }

 private:
  const std::optional<flow_key>& after_;
  std::size_t most_;
  std::vector<flow_view> kept_;  // a heap, the last of them in front
  bool cut_ = false;
};

}  // namespace

result<pending_page> overview::pending_after(const std::optional<flow_key>& after,
                                             std::size_t most) const {
  first_flows found{after, most};
  auto read = store_->pending([&](const flow_row& row) {
    if (builds_.is_running(row.entry) && found.wants(row.entry.key)) found.add(merged(row));
    return true;
  });
  if (!read) return read.error();
  for (const auto& [text, added] : additions_) {
    if (added.count == 0 || !found.wants(added.row.entry.key)) continue;
    auto view = find(added.row.entry.key);  // again: a running host may have handled it by now
    if (!view) return view.error();
    if (*view && (*view)->status == flow_status::pending) found.add(std::move(**view));
  }
  return std::move(found).finish();
}

result<void> overview::pending(const visitor& visit) const {
  std::optional<flow_key> after;
  for (bool more = true; more;) {
    auto page = pending_after(after, pending_held_max);
    if (!page) return page.error();
    for (const auto& view : page->flows) {
      if (!visit(view)) return {};
    }
    more = page->has_more;
    if (!page->flows.empty()) after = page->flows.back().row.entry.key;
  }
  return {};
}

}  // namespace millrace
