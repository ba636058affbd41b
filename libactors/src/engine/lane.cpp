#include "engine/lane.hpp"

#include <algorithm>
#include <utility>

#include "base/limits.hpp"

namespace millrace {

void lane::begin() {
  look();
  if (under_way_.empty() || closing_) return;
  const auto first = under_way_.front().lock();
  if (first && (is_stuck() || first->is_revoked())) close();
}

bool lane::goes_on_to(const window_lease& what) const {
  if (is_stuck()) return false;
  return std::any_of(under_way_.begin(), under_way_.end(),
                     [&](const auto& one) { return one.lock().get() == &what; });
}

/// Who waits for the journal would go on if what he committed were durable.
void lane::look() {
  const auto now = context_.time.steady();
  for (const auto folded = shown_->folded.load(); known_folded_ < folded; ++known_folded_) {
    under_way_.pop_front();
    under_way_since_ = now;
  }
  if (shown_->waits_for_journal) under_way_since_ = now;
}

bool lane::is_stuck() const {
  return context_.time.steady() - under_way_since_ > limits::lane_stuck_max;
}

void lane::join(routed_flow& flow, windows_for whom, lane_member who) {
  if (!actor_) {
    actor_ =
        owner_.spawn<lane_actor>(lane_actor::start{.context = &context_,
                                                   .router = caf::actor_cast<caf::actor>(&owner_),
                                                   .type = type_,
                                                   .shown = shown_});
  }
  opened_ = true;
  whom_ = whom;
  flow.in_lane = true;
  flow.place = static_cast<std::uint32_t>(members_.size());
  flow.keep = true;
  members_.push_back(&flow);
  next_.joining.push_back(std::move(who));
}

void lane::push(routed_flow& flow, const deliver& what) {
  if (closing_ || flow.place == misses) return miss(flow);
  context_.counted.delivered += what.count;
  next_.lease = what.lease;
  next_.deliveries.push_back({flow.place, what.first, what.count});
}

bool lane::end() {
  send();
  next_ = {};
  return std::exchange(sent_, false);
}

void lane::send() {
  if (next_.deliveries.empty()) return;
  sent_ = true;
  if (under_way_.empty()) under_way_since_ = context_.time.steady();
  under_way_.push_back(next_.lease);
  tell(owner_, actor_,
       fold_window{.lease = next_.lease,
                   .joining = std::exchange(next_.joining, {}),
                   .deliveries = std::exchange(next_.deliveries, {})});
}

void lane::empty() {
  send();
  tell(owner_, actor_, empty_lane{.closes = false});
  const auto place = out + fulls_;
  fulls_ = (fulls_ + 1) % (out - 1);
  std::erase(members_, nullptr);
  for (auto* flow : members_) flow->place = place;
  out_.push_back({place, std::exchange(members_, {})});
}

std::vector<std::pair<flow_key, build_number>> lane::emptied() {
  const auto oldest = std::move(out_.front());
  out_.pop_front();
  for (auto* flow : oldest.flows) {
    if (flow->place == oldest.place) forget(*flow);
  }
  if (!closing_) return let_go(oldest.missed);
  missed_.insert(missed_.end(), oldest.missed.begin(), oldest.missed.end());
  return {};
}

/// It stays of the lane until nothing else here names it.
void lane::miss(routed_flow& flow) {
  if (flow.place == misses) return;
  if (flow.place < out) members_[flow.place] = nullptr;
  flow.place = misses;
  (closing_ ? missed_ : out_.back().missed).push_back(&flow);
}

void lane::close(routed_flow* reader) {
  if (!opened_) return;
  if (!std::exchange(closing_, true)) tell(owner_, actor_, empty_lane{.closes = true});
  if (reader != nullptr) miss(*reader);
}

std::vector<std::pair<flow_key, build_number>> lane::closed() {
  opened_ = closing_ = false;
  for (auto* flow : std::exchange(members_, {})) {
    if (flow != nullptr) forget(*flow);
  }
  return let_go(std::exchange(missed_, {}));
}

std::vector<std::pair<flow_key, build_number>> lane::let_go(
    const std::vector<routed_flow*>& missed) {
  std::vector<std::pair<flow_key, build_number>> to_wake;
  for (auto* flow : missed) {
    to_wake.emplace_back(flow->entry.key, flow->entry.build);
    forget(*flow);
  }
  return to_wake;
}

/// While any are out it may be among them, and who waits for the lane to close may mean it: then it
/// stays until that is over.
bool lane::give_up(routed_flow& flow) {
  if (closing_ || !out_.empty()) {
    miss(flow);
    return false;
  }
  members_[flow.place] = nullptr;
  forget(flow);
  return true;
}

void lane::forget(routed_flow& flow) {
  flow.in_lane = false;
  flow.keep = false;
}

void lane::kill_actor() {
  if (actor_) kill(std::exchange(actor_, nullptr));
  members_.clear();
  missed_.clear();
  out_.clear();
  under_way_.clear();
  opened_ = closing_ = false;
}

}  // namespace millrace
