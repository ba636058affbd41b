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
  std::vector<hit> hits;         // in order of events
  std::vector<flow_entry> born;  // were known without a birth
  std::string key;               // of the hit at hand
  millrace::route made;
  std::vector<route_target> targets;
};

router::router(const interest_table& table, start from, directory_lookup lookup)
    : table_(table),
      lookup_(std::move(lookup)),
      routed_(from.routed),
      next_number_(from.next_number) {
  for (auto& type : from.types) types_.emplace(std::pair{type.name(), build_of(type)}, type);
  for (std::uint32_t i = 0; i < table.types().size(); ++i) host(i);
  find_unhosted();
}

/// Finds the row of a hosted type: the newest of its version, or, made by hand, the newest.
void router::host(std::uint32_t type) {
  const flow_type& wanted = *table_.types()[type];
  v1::FlowType* row = nullptr;
  auto next = types_.lower_bound({wanted.name, build_number{0}});
  for (; next != types_.end() && next->first.first == wanted.name; ++next) {
    const auto version = next->second.version();
    const bool fits = version == 0 || version == static_cast<std::uint32_t>(wanted.version);
    if (fits && !next->second.retired()) row = &next->second;
  }
  MILLRACE_INVARIANT(row != nullptr);
  progress_.push_back(row);
  builds_.push_back(build_of(*row));
}

void router::find_unhosted() {
  for (const auto& [name, row] : types_) {
    if (row.retired() || table_.find(name.first)) continue;
    unhosted_[name.first] = row.explicit_only() ? std::optional{name.second} : std::nullopt;
  }
}

/// None: a host that was here before has to route them.
std::optional<build_number> router::unhosted_build(std::string_view type) const {
  const auto found = unhosted_.find(type);
  return found == unhosted_.end() ? first_build : found->second;
}

position router::routed_to(std::uint32_t type) const {
  const auto& row = *progress_[type];
  return row.explicit_only() ? routed_ : position{row.routed()};
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
          .born = {},
          .key = {},
          .made = {},
          .targets = {}};
  for (std::size_t i = 0; i < progress_.size(); ++i) {
    in.active[i] = !progress_[i]->has_error_position() && !progress_[i]->explicit_only() &&
                   inside(position{progress_[i]->routed()}, events);
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
    const auto type_name = std::string_view{key_text}.substr(0, key_text.find('|'));
    in.key = key_text;
    for (const auto type : table_.versions(type_name)) {
      if (!explicitly_active(in, type, what.at)) continue;
      if (auto done = hit(in, builds_[type], what, {index, true}); !done) return done;
    }
    if (!table_.versions(type_name).empty() || !in.active_explicit || what.at < routed_) continue;
    const auto build = unhosted_build(type_name);
    if (!build) continue;
    if (auto done = hit(in, *build, what, {index, true}); !done) return done;
  }
  return {};
}

bool router::explicitly_active(const pass& in, std::uint32_t type, position at) const {
  if (progress_[type]->explicit_only()) return in.active_explicit && at >= routed_;
  return in.active[type] && at.value >= progress_[type]->routed();
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
      if (auto done = hit(in, builds_[type], what, {index, target.starts}); !done) return done;
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

result<void> router::hit(pass& in, build_number build, const event& what, routed_entry entry) {
  auto found = known(in.key, build);
  if (!found) return found.error();
  routed_flow* flow = *found;
  if (flow == nullptr) {
    if (!entry.starts) return {};  // joins nobody
    flow_row fresh;
    fresh.entry = {flow_number{next_number_++}, flow_key::parse(in.key), what.at, build};
    in.out.started.push_back(fresh.entry);
    if (!in.out.first_new) in.out.first_new = fresh.entry.number;
    flow = &remember(std::move(fresh));
  } else if (entry.starts && flow->entry.born == unplaced) {
    flow->entry.born = what.at;
    in.born.push_back(flow->entry);
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
  in.out.started.insert(in.out.started.begin(), in.born.begin(), in.born.end());
  return std::move(in.out);
}

position router::needed() const {
  position least = routed_;
  for (const auto* type : progress_) {
    if (type->has_error_position() || type->explicit_only()) continue;
    least = std::min(least, position{type->routed()});
  }
  return least;
}

position router::head() const {
  position most = routed_;
  for (const auto* type : progress_) {
    if (!type->explicit_only()) most = std::max(most, position{type->routed()});
  }
  return most;
}

result<void> router::unpark(const std::string& type, bool skip) {
  const auto versions = table_.versions(type);
  if (versions.empty()) return error{errc::not_found, "no flow type " + type};
  const auto stopped = std::find_if(versions.begin(), versions.end(), [this](std::uint32_t one) {
    return progress_[one]->has_error_position();
  });
  auto& progress = *progress_[stopped == versions.end() ? versions.front() : *stopped];
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

result<routed_flow*> router::known(std::string_view key_text, build_number build) {
  auto& flows = flows_[build];
  if (const auto found = flows.find(key_text); found != flows.end()) return &found->second;
  auto stored = lookup_(flow_key::parse(std::string{key_text}), build);
  if (!stored) return stored.error();
  if (!stored->has_value()) return static_cast<routed_flow*>(nullptr);
  return &remember(std::move(**stored));
}

routed_flow& router::remember(flow_row row) {
  auto& flow = flows_[row.entry.build][row.entry.key.text()];
  flow.entry = std::move(row.entry);
  for (const auto type : table_.versions(flow.entry.key.type())) {
    if (builds_[type] == flow.entry.build) flow.type = type;
  }
  flow.latest = row.latest;
  flow.written = row.latest;
  return flow;
}

result<routed_flow*> router::find(const flow_key& key) {
  const auto* row = running(key.type());
  return known(key.text(), row == nullptr ? first_build : build_of(*row));
}

result<routed_flow*> router::find(const flow_key& key, build_number build) {
  return known(key.text(), build);
}

void router::put(const v1::FlowType& row) {
  types_[{row.name(), build_of(row)}] = row;
  find_unhosted();
  dirty_ = true;
}

result<router::enlisted> router::enlist(const flow_key& key) {
  auto found = find(key);
  if (!found) return found.error();
  if (*found != nullptr) return enlisted{*found, false};
  const auto* row = running(key.type());
  flow_row fresh;
  fresh.entry = {flow_number{next_number_++}, key, unplaced,
                 row == nullptr ? first_build : build_of(*row)};
  return enlisted{&remember(std::move(fresh)), true};
}

/// Builds that an explicit route of this type reaches here.
std::vector<build_number> router::builds_of(std::string_view type) const {
  std::vector<build_number> found;
  for (const auto version : table_.versions(type)) found.push_back(builds_[version]);
  if (!found.empty()) return found;
  if (const auto build = unhosted_build(type)) found.push_back(*build);
  return found;
}

result<std::vector<const routed_flow*>> router::reached(const event& what) {
  std::vector<std::pair<std::string, build_number>> names;
  if (what.envelope->has_routes()) {
    for (const auto& key : what.envelope->routes().keys()) {
      for (const auto build : builds_of(std::string_view{key}.substr(0, key.find('|')))) {
        names.emplace_back(key, build);
      }
    }
  } else if (!what.envelope->has_due() || what.envelope->from_schedule()) {
    millrace::route made;
    std::vector<route_target> targets;
    for (const auto type : table_.observers(what.type)) {
      targets.clear();
      const flow_type& observer = *table_.types()[type];
      if (!route_typed(observer, what, made, targets)) continue;
      for (const auto& target : targets) {
        names.emplace_back(
            observer.single ? observer.name : flow_key{observer.name, target.id}.text(),
            builds_[type]);
      }
    }
  }
  std::vector<const routed_flow*> reached;
  for (const auto& [key, build] : names) {
    auto flow = known(key, build);
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
  into.dropped = std::exchange(dropped_, {});
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

std::map<std::pair<std::string, build_number>, position> router::unwritten_latest() const {
  std::map<std::pair<std::string, build_number>, position> latest;
  const auto add = [&](const routed_flow& flow) {
    latest.emplace(std::pair{flow.entry.key.text(), flow.entry.build}, *flow.latest);
  };
  for (const auto* flow : touched_) add(*flow);
  for (const auto& each : being_written_) add(*each.flow);
  return latest;
}

void router::forget(std::size_t limit) {
  std::size_t count = 0;
  for (const auto& [build, flows] : flows_) count += flows.size();
  if (count <= limit || !being_written_.empty()) return;
  for (auto& [build, flows] : flows_) {
    std::erase_if(flows, [](const auto& entry) {
      return !entry.second.keep && entry.second.unwritten.empty();
    });
  }
}

}  // namespace millrace
