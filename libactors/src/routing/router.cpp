#include "routing/router.hpp"

#include <algorithm>

#include "base/invariant.hpp"
#include "base/limits.hpp"
#include "base/utf8.hpp"
#include "wire/envelope_view.hpp"

namespace millrace {

/// What one call of route() works with.
struct router::pass {
  const window& events;
  std::vector<char> active;  // by type: stands inside the window, and is not parked
  bool active_explicit = false;
  routed_window out;
  std::vector<flow_entry> born;       // were known without a birth
  std::vector<routed_flow*> created;  // those of out.started
  // Where events go, in their order: who that is is looked up for some of them together.
  std::vector<sought> aimed;
  std::vector<routed_entry> entries;  // one for each of these
  std::size_t routes = 0;             // of router::made_, that they are views of
  std::vector<std::uint64_t> seeds;   // by type: of its build that runs
  std::vector<routed_flow*> singles;  // by type: its only instance; null: not known yet
  bool aims_explicitly = false;       // some of `aimed` are of explicit routes
  /// Who is behind the name of a type. Few names stand in most keys.
  struct named {
    std::string_view name;  // in the window
    std::span<const std::uint32_t> hosted;
    std::optional<build_number> unhosted;
  };
  std::vector<named> names;
  const named& behind(const router& who, std::string_view name);
  /// Who observes events of a type. Few types have most events, and their names are interned.
  struct observed {
    std::string_view type;
    std::span<const std::uint32_t> observers;
  };
  std::vector<observed> observed_types;
  std::span<const std::uint32_t> observers(const router& who, std::string_view type);
};

namespace {

/// Look-ups that wait for the memory together.
constexpr std::size_t looked_up_at_once = 64;

/// Windows for whose effects there is room at once.
constexpr std::size_t windows_at_once = 8;

/// New flows of one window: fewer are written as they come.
constexpr std::size_t numbered_by_key_from = 1024;

/// Flows whose memory is on its way while one is noted.
constexpr std::size_t fetched_ahead = 16;

/// Of a build that is routed again: it does not ask for what the type had not asked for before, nor
/// for what somebody had it pass by.
bool passes_by(const v1::FlowType& row, position at) {
  if (at.value < row.since()) return true;
  const auto& skipped = row.skipped();
  if (skipped.empty() || skipped.rbegin()->position() < at.value) return false;
  return std::any_of(skipped.begin(), skipped.end(),
                     [at](const auto& one) { return one.position() == at.value; });
}

}  // namespace

router::router(const interest_table& table, start from, directory_lookup lookup)
    : table_(table),
      lookup_(std::move(lookup)),
      routed_(from.routed),
      next_number_(from.next_number),
      knows_all_(from.directory_is_empty) {
  for (auto& type : from.types) types_.emplace(std::pair{type.name(), build_of(type)}, type);
  for (std::uint32_t i = 0; i < table.types().size(); ++i) host(i);
  for (const auto& [name, row] : types_) note_unhosted(row);
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

bool router::inside(position at, const window& events) {
  return at >= events.begin() && at < events.end();
}

result<routed_window> router::route(const window& events) {
  pass in{.events = events,
          .active = std::vector<char>(progress_.size()),
          .active_explicit = inside(routed_, events),
          .out = {},
          .born = {},
          .created = {},
          .aimed = {},
          .entries = {},
          .routes = 0,
          .seeds = {},
          .singles = std::vector<routed_flow*>(progress_.size()),
          .aims_explicitly = false,
          .names = {},
          .observed_types = {}};
  for (std::size_t i = 0; i < progress_.size(); ++i) {
    in.active[i] = !progress_[i]->has_error_position() && !progress_[i]->explicit_only() &&
                   inside(position{progress_[i]->routed()}, events);
    in.seeds.push_back(flow_directory::seed_of(progress_[i]->name(), builds_[i]));
  }
  ++windows_;
  hits_.clear();
  counts_.clear();
  for (std::uint32_t i = 0; i < events.events().size(); ++i) {
    const event& what = events.events()[i];
    what.envelope->has_routes ? route_explicitly(in, what, i) : route_by_type(in, what, i);
    if (in.aimed.size() >= looked_up_at_once || in.routes >= looked_up_at_once) {
      if (auto done = hit_all(in); !done) return done.error();
    }
    if (what.envelope->cause && in.active_explicit && what.at >= routed_) {
      add_effect(in, {*what.envelope->cause, what.at});
    }
  }
  if (auto done = hit_all(in); !done) return done.error();
  for (std::size_t i = 0; i < progress_.size(); ++i) {
    if (in.active[i]) progress_[i]->set_routed(events.end().value);
  }
  if (in.active_explicit) routed_ = events.end();
  dirty_ = true;
  return grouped(in);
}

const router::pass::named& router::pass::behind(const router& who, std::string_view name) {
  constexpr std::size_t names_max = 16;
  const auto known =
      std::find_if(names.begin(), names.end(), [&](const named& one) { return one.name == name; });
  if (known != names.end()) return *known;
  if (names.size() == names_max) names.pop_back();
  return names.emplace_back(named{name, who.table_.versions(name), who.unhosted_build(name)});
}

std::span<const std::uint32_t> router::pass::observers(const router& who, std::string_view type) {
  constexpr std::size_t types_max = 16;
  for (const auto& one : observed_types) {
    if (one.type.data() == type.data() && one.type.size() == type.size()) return one.observers;
  }
  const auto found = who.table_.observers(type);
  if (found.empty()) return found;
  if (observed_types.size() == types_max) observed_types.pop_back();
  observed_types.push_back({type, found});
  return found;
}

/// Part by part, and in the caller: a copy of what was just written in other parts waits for all of
/// them to be in the cache.
[[gnu::always_inline]] inline void router::aim(pass& in, const key_parts& key, build_number build,
                                               std::uint64_t seed, routed_entry entry) {
  const auto hash = flows_.hash_of(seed, key);
  flows_.fetch_slot(hash);
  auto& one = in.aimed.emplace_back();
  one.key.type = key.type;
  one.key.id = key.id;
  one.key.has_id = key.has_id;
  one.build = build;
  one.hash = hash;
  in.entries.push_back(entry);
}

void router::route_explicitly(pass& in, const event& what, std::uint32_t index) {
  for (const auto key_text : what.envelope->keys()) {
    in.aims_explicitly = true;
    const auto key = key_parts::of(key_text);
    const auto& behind = in.behind(*this, key.type);
    for (const auto type : behind.hosted) {
      if (!explicitly_active(in, type, what.at)) continue;
      aim(in, key, builds_[type], in.seeds[type], {index, true});
    }
    if (!behind.hosted.empty() || !in.active_explicit || what.at < routed_) continue;
    if (!behind.unhosted) continue;
    const auto seed = flow_directory::seed_of(key.type, *behind.unhosted);
    aim(in, key, *behind.unhosted, seed, {index, true});
  }
}

bool router::explicitly_active(const pass& in, std::uint32_t type, position at) const {
  if (progress_[type]->explicit_only()) return in.active_explicit && at >= routed_;
  const auto& row = *progress_[type];
  const bool is_in_range = at.value >= row.since() || at.value < row.explicit_before();
  return in.active[type] && at.value >= row.routed() && is_in_range;
}

void router::route_by_type(pass& in, const event& what, std::uint32_t index) {
  if (what.envelope->is_entry()) return;
  for (const auto type : in.observers(*this, what.type)) {
    const auto& row = *progress_[type];
    if (!in.active[type] || what.at.value < row.routed() || passes_by(row, what.at)) continue;
    const flow_type& observer = *table_.types()[type];
    if (observer.single) {
      reach_single(in, type, index);
      continue;
    }
    if (in.routes == made_.size()) made_.emplace_back();
    auto& made = made_[in.routes];
    if (auto routed = route_typed(observer, what, made); !routed) {
      park(in, type, what, routed.error());
      continue;
    }
    ++in.routes;
    for (const auto& target : made.targets()) {
      aim(in, {observer.name, target.id, true}, builds_[type], in.seeds[type],
          {index, target.starts});
    }
  }
}

/// The same flow for every event: it is looked up once a window. Among explicit routes, which may
/// name it too, it waits its turn: a flow's events come in order.
void router::reach_single(pass& in, std::uint32_t type, std::uint32_t index) {
  const key_parts key{table_.types()[type]->name, {}, false};
  const routed_entry entry{index, true};
  auto*& flow = in.singles[type];
  if (flow == nullptr) {
    flow = flows_.find(key, builds_[type], flows_.hash_of(in.seeds[type], key));
  }
  if (flow == nullptr || in.aims_explicitly) {
    return aim(in, key, builds_[type], in.seeds[type], entry);
  }
  hit(in, *flow, in.events.events()[index].at, entry);
}

void router::park(pass& in, std::uint32_t type, const event& what, const error& why) {
  auto& progress = *progress_[type];
  progress.set_routed(what.at.value);
  progress.set_error_position(what.at.value);
  progress.set_error_message(to_utf8(why.message, limits::error_message_size_max));
  in.active[type] = false;
  in.out.parked.push_back(progress.name());
}

/// In the order in which they were aimed, which is that of events.
result<void> router::hit_all(pass& in) {
  for (const auto& one : in.aimed) flows_.fetch_flow(one.hash);
  for (const auto& one : in.aimed) flows_.fetch_key(one.hash);
  if (auto done = look_up(in.aimed); !done) return done;
  for (std::size_t i = 0; i < in.aimed.size(); ++i) hit(in, in.aimed[i], in.entries[i]);
  in.aimed.clear();
  in.entries.clear();
  in.routes = 0;
  in.aims_explicitly = false;
  spread_flows();
  return {};
}

void router::hit(pass& in, const sought& one, routed_entry entry) {
  const auto at = in.events.events()[entry.index()].at;
  // One that was unknown may have begun with an event before this one.
  routed_flow* flow = one.flow != nullptr ? one.flow : awake(one);
  if (flow == nullptr) {
    if (!entry.starts()) return;  // joins nobody
    in.out.started.push_back({flow_number{next_number_++}, one.key.key(), at, one.build});
    if (!in.out.first_new) in.out.first_new = in.out.started.back().number;
    flow = &remember(in.out.started.back(), std::nullopt);
    in.created.push_back(flow);
  }
  hit(in, *flow, at, entry);
}

void router::hit(pass& in, routed_flow& flow, position at, routed_entry entry) {
  if (entry.starts() && flow.entry.born == unplaced) {
    flow.entry.born = at;
    in.born.push_back(flow.entry);
  }
  if (!entry.starts() && at < flow.entry.born) return;
  if (flow.latest && at <= *flow.latest) return;  // named twice, or written before a crash
  post(in, flow, at, entry);
}

void router::post(pass& in, routed_flow& flow, position at, routed_entry entry) {
  if (flow.window_ != windows_) {
    flow.window_ = windows_;
    flow.delivery_ = static_cast<std::uint32_t>(in.out.deliveries.size());
    in.out.deliveries.push_back({.flow = &flow, .first = 0, .count = 0, .previous = flow.latest});
    counts_.push_back(0);
  }
  ++counts_[flow.delivery_];
  hits_.push_back({flow.delivery_, entry});
  flow.latest = at;
}

/// The store's index of keys is written in the order of numbers: neighbours after each other.
void router::number_by_key(pass& in) {
  auto& all = in.created;
  std::sort(all.begin(), all.end(), [](const routed_flow* one, const routed_flow* two) {
    const auto order = one->entry.key.text() <=> two->entry.key.text();
    return order != 0 ? order < 0 : one->entry.build < two->entry.build;
  });
  auto number = static_cast<std::uint32_t>(*in.out.first_new);
  in.out.started.clear();
  for (auto* flow : all) {
    flow->entry.number = flow_number{number++};
    in.out.started.push_back(flow->entry);
  }
}

/// Room for several windows at once: far behind there are millions, and each time they move they
/// touch new memory.
void router::add_effect(const pass& in, effect added) {
  const auto size = effects_.size();
  if (size == effects_.capacity()) {
    effects_.reserve(size + std::max(windows_at_once * in.events.events().size(), size / 2));
  }
  effects_.push_back(added);
}

/// A counting sort: hits of a flow are in order of events, and stay so.
routed_window router::grouped(pass& in) {
  auto& out = in.out;
  if (in.created.size() >= numbered_by_key_from) number_by_key(in);
  out.started.insert(out.started.begin(), in.born.begin(), in.born.end());
  if (hits_.empty()) return std::move(out);
  std::uint32_t next = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    out.deliveries[i].first = next;
    out.deliveries[i].count = counts_[i];
    next += std::exchange(counts_[i], next);  // where the next of its hits goes
  }
  const auto entries = std::make_shared<entry_list>(hits_.size());
  for (const auto& hit : hits_) (*entries)[counts_[hit.delivery]++] = hit.entry;
  out.entries = entries;
  note_unwritten(in.events, out);
  return std::move(out);
}

void router::note_unwritten(const window& events, const routed_window& of) {
  const auto& all = of.deliveries;
  unwritten_.begin_window(events.events(), of.entries, all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i + fetched_ahead < all.size()) all[i + fetched_ahead].flow->unwritten.fetch();
    auto& flow = *all[i].flow;
    unwritten_.add(flow.unwritten, all[i].first, all[i].count);
    if (!std::exchange(flow.listed_, true)) touched_.push_back(&flow);
  }
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

}  // namespace millrace
