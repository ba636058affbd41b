#include "routing/router.hpp"

#include <algorithm>

#include "base/invariant.hpp"
#include "base/limits.hpp"
#include "base/utf8.hpp"
#include "millrace/envelope.pb.h"

namespace millrace {

/// What one call of route() works with.
struct router::pass {
  const window& events;
  std::vector<char> active;  // by type: stands inside the window, and is not parked
  bool active_explicit = false;
  routed_window out;
  struct hit {
    std::uint32_t delivery;
    routed_entry entry;
  };
  std::vector<hit> hits;  // in order of events
  std::string key;        // of the hit at hand
  millrace::route made;
  std::vector<route_target> targets;
};

router::router(const interest_table& table, start from, directory_lookup lookup)
    : table_(table),
      lookup_(std::move(lookup)),
      routed_(from.routed),
      next_number_(from.next_number) {
  for (auto& type : from.types) types_.emplace(type.name(), std::move(type));
  for (const auto& type : table.types()) {
    const auto found = types_.find(type->name);
    MILLRACE_INVARIANT(found != types_.end());
    progress_.push_back(&found->second);
  }
}

bool router::inside(position at, const window& events) {
  return at >= events.begin() && at < events.end();
}

result<routed_window> router::route(const window& events) {
  pass in{.events = events,
          .active = std::vector<char>(progress_.size()),
          .active_explicit = inside(routed_, events),
          .out = {},
          .hits = {},
          .key = {},
          .made = {},
          .targets = {}};
  for (std::size_t i = 0; i < progress_.size(); ++i) {
    in.active[i] =
        !progress_[i]->has_error_position() && inside(position{progress_[i]->routed()}, events);
  }
  ++windows_;
  for (std::uint32_t i = 0; i < events.events().size(); ++i) {
    const event& what = events.events()[i];
    const bool is_explicit = what.envelope->has_routes();
    auto routed = is_explicit ? route_explicitly(in, what, i) : route_by_type(in, what, i);
    if (!routed) return routed.error();
    if (what.envelope->has_cause() && in.active_explicit && what.at >= routed_) {
      effects_.push_back({position{what.envelope->cause()}, what.at});
    }
  }
  for (std::size_t i = 0; i < progress_.size(); ++i) {
    if (in.active[i]) progress_[i]->set_routed(events.end().value);
  }
  if (in.active_explicit) routed_ = events.end();
  dirty_ = true;
  return grouped(in);
}

result<void> router::route_explicitly(pass& in, const event& what, std::uint32_t index) {
  for (const auto& key_text : what.envelope->routes().keys()) {
    const auto type = table_.find(std::string_view{key_text}.substr(0, key_text.find('|')));
    const bool wanted = type ? in.active[*type] && what.at.value >= progress_[*type]->routed()
                             : in.active_explicit && what.at >= routed_;
    if (!wanted) continue;
    in.key = key_text;
    if (auto done = hit(in, what, {index, true}); !done) return done;
  }
  return {};
}

result<void> router::route_by_type(pass& in, const event& what, std::uint32_t index) {
  if (what.envelope->has_due() && !what.envelope->from_schedule()) return {};
  for (const auto type : table_.observers(what.type)) {
    if (!in.active[type] || what.at.value < progress_[type]->routed()) continue;
    in.targets.clear();
    const flow_type& observer = *table_.types()[type];
    if (auto routed = route_typed(observer, what, in.made, in.targets); !routed) {
      park(in, type, what, routed.error());
      continue;
    }
    for (const auto& target : in.targets) {
      in.key.assign(observer.name);
      if (!observer.single) in.key.append(1, '|').append(target.id);
      if (auto done = hit(in, what, {index, target.starts}); !done) return done;
    }
  }
  return {};
}

void router::park(pass& in, std::uint32_t type, const event& what, const error& why) {
  auto& progress = *progress_[type];
  progress.set_routed(what.at.value);
  progress.set_error_position(what.at.value);
  progress.set_error_message(to_utf8(why.message, limits::error_message_size_max));
  in.active[type] = false;
  in.out.parked.push_back(progress.name());
}

result<void> router::hit(pass& in, const event& what, routed_entry entry) {
  auto found = known(in.key);
  if (!found) return found.error();
  routed_flow* flow = *found;
  if (flow == nullptr) {
    if (!entry.starts) return {};  // joins nobody
    flow_row fresh;
    fresh.entry = {flow_number{next_number_++}, flow_key::parse(in.key), what.at};
    in.out.started.push_back(fresh.entry);
    flow = &remember(std::move(fresh));
  }
  if (!entry.starts && what.at < flow->entry.born) return {};
  if (flow->latest && what.at <= *flow->latest)
    return {};  // named twice, or written before a crash
  post(in, *flow, what.at, entry);
  return {};
}

void router::post(pass& in, routed_flow& flow, position at, routed_entry entry) {
  if (flow.window_ != windows_) {
    flow.window_ = windows_;
    flow.delivery_ = static_cast<std::uint32_t>(in.out.deliveries.size());
    in.out.deliveries.push_back({.flow = &flow, .first = 0, .count = 0, .previous = flow.latest});
  }
  ++in.out.deliveries[flow.delivery_].count;
  in.hits.push_back({flow.delivery_, entry});
  flow.unwritten.push_back({at, entry.starts});
  flow.latest = at;
  ++unwritten_count_;
  if (!flow.listed_) {
    flow.listed_ = true;
    touched_.push_back(&flow);
  }
}

/// A counting sort: hits are in order of events, and stay so within each delivery.
routed_window router::grouped(pass& in) {
  std::uint32_t next = 0;
  for (auto& delivery : in.out.deliveries) {
    delivery.first = next;
    next += delivery.count;
    delivery.count = 0;
  }
  in.out.entries.resize(in.hits.size());
  for (const auto& hit : in.hits) {
    auto& delivery = in.out.deliveries[hit.delivery];
    in.out.entries[delivery.first + delivery.count++] = hit.entry;
  }
  return std::move(in.out);
}

position router::needed() const {
  position least = routed_;
  for (const auto* type : progress_) {
    if (!type->has_error_position()) least = std::min(least, position{type->routed()});
  }
  return least;
}

position router::head() const {
  position most = routed_;
  for (const auto* type : progress_) most = std::max(most, position{type->routed()});
  return most;
}

result<void> router::unpark(const std::string& type, bool skip) {
  const auto found = types_.find(type);
  if (found == types_.end()) return error{errc::not_found, "no flow type " + type};
  auto& progress = found->second;
  if (!progress.has_error_position()) {
    return error{errc::conflict, "the routing of " + type + " is not stopped"};
  }
  if (skip) {
    auto& skipped = *progress.add_skipped();
    skipped.set_position(progress.error_position());
    skipped.set_error(progress.error_message());
    progress.set_routed(progress.error_position() + 1);
    if (progress.skipped_size() > static_cast<int>(limits::skips_kept_max)) {
      progress.mutable_skipped()->DeleteSubrange(0, 1);
    }
  }
  progress.clear_error_position();
  progress.clear_error_message();
  dirty_ = true;
  return {};
}

result<routed_flow*> router::known(std::string_view key_text) {
  if (const auto found = flows_.find(key_text); found != flows_.end()) return &found->second;
  auto stored = lookup_(flow_key::parse(std::string{key_text}));
  if (!stored) return stored.error();
  if (!stored->has_value()) return static_cast<routed_flow*>(nullptr);
  return &remember(std::move(**stored));
}

routed_flow& router::remember(flow_row row) {
  auto& flow = flows_[row.entry.key.text()];
  flow.entry = std::move(row.entry);
  flow.latest = row.latest;
  flow.written = row.latest;
  return flow;
}

result<routed_flow*> router::find(const flow_key& key) { return known(key.text()); }

result<std::vector<const routed_flow*>> router::reached(const event& what) {
  std::vector<std::pair<std::string, bool>> keys;
  if (what.envelope->has_routes()) {
    for (const auto& key : what.envelope->routes().keys()) keys.emplace_back(key, true);
  } else if (!what.envelope->has_due() || what.envelope->from_schedule()) {
    millrace::route made;
    std::vector<route_target> targets;
    for (const auto type : table_.observers(what.type)) {
      targets.clear();
      const flow_type& observer = *table_.types()[type];
      if (!route_typed(observer, what, made, targets)) continue;
      for (const auto& target : targets) {
        keys.emplace_back(
            observer.single ? observer.name : flow_key{observer.name, target.id}.text(),
            target.starts);
      }
    }
  }
  std::vector<const routed_flow*> reached;
  for (const auto& [key, starts] : keys) {
    auto flow = known(key);
    if (!flow) return flow.error();
    if (*flow != nullptr && what.at >= (*flow)->entry.born) reached.push_back(*flow);
  }
  return reached;
}

void router::take_unwritten(commit_batch& into) {
  MILLRACE_INVARIANT(being_written_.empty());
  for (auto* flow : touched_) {
    flow->listed_ = false;
    into.postings.push_back({flow->entry.number, flow->unwritten});
    being_written_.push_back({flow, flow->unwritten.size()});
  }
  touched_.clear();
  std::sort(effects_.begin(), effects_.end());
  into.effects = std::exchange(effects_, {});
  for (const auto& [name, type] : types_) into.flow_types.push_back(type);
  into.routed = routed_;
  dirty_ = false;
}

void router::written() {
  for (const auto& [flow, count] : std::exchange(being_written_, {})) {
    const auto end = flow->unwritten.begin() + static_cast<std::ptrdiff_t>(count);
    flow->written = (end - 1)->at;
    flow->unwritten.erase(flow->unwritten.begin(), end);
    if (flow->unwritten.empty()) flow->unwritten.shrink_to_fit();
    unwritten_count_ -= count;
  }
}

std::map<std::string, position> router::unwritten_latest() const {
  std::map<std::string, position> latest;
  for (const auto* flow : touched_) latest.emplace(flow->entry.key.text(), *flow->latest);
  for (const auto& each : being_written_) {
    latest.emplace(each.flow->entry.key.text(), *each.flow->latest);
  }
  return latest;
}

void router::forget(std::size_t limit) {
  if (flows_.size() <= limit || !being_written_.empty()) return;
  std::erase_if(flows_, [](const auto& entry) {
    return !entry.second.keep && entry.second.unwritten.empty();
  });
}

}  // namespace millrace
