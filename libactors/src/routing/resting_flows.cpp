#include "routing/resting_flows.hpp"

#include <string>
#include <utility>

#include "base/invariant.hpp"

namespace millrace {

resting_flows::resting_flows() : key_(sip_key::secret()), slots_(first_slots, unused) {}

resting_flows::mark resting_flows::mark_of(const flow_name& name) const {
  // Each build has its own key: of half of it, since the other half stays secret all the same.
  return sip_hash({key_.first ^ static_cast<std::uint32_t>(name.build), key_.second}, name.key);
}

void resting_flows::put(const mark& of, const known_flow& flow) {
  MILLRACE_INVARIANT(static_cast<std::uint32_t>(flow.number) != unused.number);
  if (8 * (count_ + 1) > 7 * slots_.size()) {
    const auto all = std::exchange(slots_, std::vector<slot>(2 * slots_.size(), unused));
    count_ = 0;
    for (const auto& each : all) {
      if (each.is_used()) insert(each);
    }
  }
  insert({of.first, static_cast<std::uint32_t>(of.second), static_cast<std::uint32_t>(flow.number),
          flow.born.value, flow.latest ? flow.latest->value : none});
}

void resting_flows::insert(const slot& made) {
  auto at = place_of({made.low, 0});
  while (slots_[at].is_used()) at = next(at);
  slots_[at] = made;
  ++count_;
}

std::optional<known_flow> resting_flows::take(const mark& of) {
  auto at = place_of(of);
  for (; slots_[at].is_used(); at = next(at)) {
    const auto& one = slots_[at];
    if (one.low == of.first && one.high == static_cast<std::uint32_t>(of.second)) break;
  }
  if (!slots_[at].is_used()) return std::nullopt;
  const auto& one = slots_[at];
  known_flow found{flow_number{one.number}, position{one.born}, std::nullopt};
  if (one.latest != none) found.latest = position{one.latest};
  close(at);
  return found;
}

/// What was put further on because its place was taken moves up.
void resting_flows::close(std::size_t hole) {
  const auto mask = slots_.size() - 1;
  for (auto at = next(hole); slots_[at].is_used(); at = next(at)) {
    const auto wanted = place_of({slots_[at].low, 0});
    if (((at - wanted) & mask) < ((at - hole) & mask)) continue;
    slots_[hole] = slots_[at];
    hole = at;
  }
  slots_[hole] = unused;
  --count_;
}

void resting_flows::clear() {
  slots_.assign(first_slots, unused);
  slots_.shrink_to_fit();
  count_ = 0;
}

}  // namespace millrace
