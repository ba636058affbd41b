#include "engine/mending.hpp"

#include <algorithm>
#include <array>

#include "routing/inbox_builder.hpp"
#include "routing/merged_inbox.hpp"

namespace millrace {
namespace {

/// Positions that the request does not cover yet.
routed_range missing(const mend_request& request, const routing_plan& to) {
  routed_range range{unplaced, position{}};
  const auto widen = [&](position from, position until) {
    if (from >= until) return;
    range = {std::min(range.since, from), std::max(range.until, until)};
  };
  for (const auto& one : request.inboxes) {
    widen(one.until, to.scope_of(one.key.type(), one.build).range.until);
  }
  for (const auto& one : request.effects) widen(one.until, to.effects().until);
  return range.since < range.until ? range : routed_range{};
}

void bring_up_one(inbox_mend& one, const inbox_builder& newer, const routing_plan& to) {
  const auto& scope = to.scope_of(one.key.type(), one.build);
  const auto* more = newer.flows().find(one.key.text(), hash_of(one.key.text()), one.build);
  if (more != nullptr && one.until < scope.range.until) {
    const inbox_filter filter{
        .from = one.until, .born_before = one.born.has_value(), .skipped = scope.skipped};
    const std::array<const posting_run*, 1> runs{&more->run()};
    const auto added = merge(runs, filter);
    for (const auto& each : added.postings.to_vector()) one.postings.append(each);
    if (!one.born) one.born = added.born;
  }
  one.until = std::max(one.until, scope.range.until);
}

void bring_up_one(effects_mend& one, const inbox_builder& newer, const routing_plan& to) {
  const auto more = newer.spans().find(one.span);
  if (more != newer.spans().end()) {
    const std::array<std::string_view, 1> pairs{more->second};
    auto all = merge_effects(pairs, one.span);
    std::erase_if(all, [&](const effect& each) { return each.at < one.until; });
    one.effects.insert(one.effects.end(), all.begin(), all.end());
    put_in_order(one.effects);
  }
  one.until = std::max(one.until, to.effects().until);
}

}  // namespace

std::uint64_t distance(const mend_request& request, const routing_plan& to) {
  const auto range = missing(request, to);
  return range.until.value - range.since.value;
}

result<void> bring_up(mend_request& request, const store& stored, const routing_plan& to) {
  const auto range = missing(request, to);
  if (range.until == position{}) return {};
  inbox_builder newer{to};
  for (const auto& one : request.inboxes) newer.watch(one.key.text());
  for (const auto& one : request.effects) newer.watch_span(one.span);
  auto read = stored.scan(range.since, range.until, [&](const event_row& row) {
    newer.add(row);
    return true;
  });
  if (!read) return read;
  newer.settle();
  for (auto& one : request.inboxes) bring_up_one(one, newer, to);
  for (auto& one : request.effects) bring_up_one(one, newer, to);
  return {};
}

}  // namespace millrace
