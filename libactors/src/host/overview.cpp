#include "host/overview.hpp"

#include <algorithm>
#include <tuple>

#include "base/limits.hpp"
#include "engine/flow_types.hpp"
#include "host/figures.hpp"
#include "store/rules.hpp"

namespace millrace {
namespace {

/// What is read again from the store when memory should not grow: the overview remembers more
/// itself.
constexpr router::memory_limits router_memory{.awake = 65'536, .known = 524'288};

result<std::shared_ptr<const window>> read_window(const routing_run& run, position begin) {
  window_builder builder{run.types, begin};
  position end = run.tail;
  auto read = run.from.scan(begin, run.tail, [&](const event_row& row) {
    if (run.see_row) run.see_row(row);
    builder.add(row.at, row.type, row.time, row.payload, row.envelope);
    const bool full = builder.size() >= limits::window_events_max ||
                      builder.encoded_size() >= limits::window_size_max;
    if (full) end = std::max(begin, row.at).next();
    return !full;
  });
  if (!read) return read.error();
  return builder.finish(end);
}

/// Explicit routes of a type of another program wait for that one, from where its row stands. To
/// the router of a look it is a type that observes nothing.
interest_table::type_list with_strangers(const interest_table& known,
                                         const std::vector<v1::FlowType>& rows) {
  std::map<std::string_view, const v1::FlowType*> strangers;
  for (const auto& row : rows) {
    if (row.retired() || row.explicit_only() || known.find(row.name())) continue;
    strangers.insert_or_assign(row.name(), &row);  // builds ascend
  }
  auto all = known.types();
  for (const auto& [name, row] : strangers) {
    flow_type made;
    made.name = name;
    made.version = static_cast<int>(row->version());
    made.topic = row->topic();
    made.single = row->single();
    all.push_back(std::make_shared<const flow_type>(std::move(made)));
  }
  return all;
}

}  // namespace

result<std::unique_ptr<const known_types>> known_types::of(const interest_table::type_list& types) {
  auto made = std::make_unique<known_types>(types);
  for (auto type = types.begin(); type != types.end(); ++type) {
    if (auto fits = check_beside(**type, {types.begin(), type}); !fits) return fits.error();
  }
  for (const auto& type : types) {
    if (auto added = made->registry.add(*type); !added) return added.error();
  }
  return std::unique_ptr<const known_types>{std::move(made)};
}

bool is_unhandled(std::optional<position> at, const v1::Checkpoint& checkpoint) {
  return at && !(checkpoint.has_position() && at->value <= checkpoint.position());
}

flow_status status_of(const v1::Checkpoint& checkpoint, std::optional<position> latest) {
  if (checkpoint.has_error_position()) return flow_status::stopped;
  return is_pending(latest, checkpoint) ? flow_status::pending : flow_status::idle;
}

result<router::start> stored_start(const store& from, const interest_table& table) {
  // What this program would make of it: types it has not met, and versions.
  auto known = reconcile(from, table, from.tail(), compatibility::assumed);
  if (!known) return known.error();
  auto routed = from.routed();
  if (!routed) return routed.error();
  auto count = from.flow_count();
  if (!count) return count.error();
  return router::start{.types = std::move(known->all), .routed = *routed, .next_number = *count};
}

result<void> route_in_memory(router& with, const routing_run& run) {
  const position first = with.needed();
  while (with.needed() < run.tail) {
    const position begin = with.needed();
    auto next = read_window(run, begin);
    if (!next) return next.error();
    auto routed = with.route(**next);
    if (!routed) return routed.error();
    if (auto seen = run.visit(**next, *routed); !seen) return seen;
    if (with.has_unwritten()) {
      static_cast<void>(with.take_unwritten());
      with.written();
      with.forget(router_memory);
    }
    if (run.tell) run.tell(with.needed().value - first.value, run.tail.value - first.value);
  }
  return {};
}

result<overview> overview::of(const store& from, const known_types& types,
                              std::optional<watch> watched, const progress_teller& tell) {
  overview made{from, types};
  made.watch_ = std::move(watched);
  auto head = from.routed();
  if (!head) return head.error();
  auto start = stored_start(from, types.table);
  if (!start) return start.error();
  made.tail_ = from.tail();
  made.builds_ = build_list{start->types};
  const auto stored_types = start->types;
  const interest_table routed_types{with_strangers(types.table, start->types)};
  router routing{routed_types, std::move(*start),
                 [&](std::span<const flow_name> names) { return made.look_up(names); }};
  auto routed = route_in_memory(routing, {.from = from,
                                          .types = types.registry,
                                          .tail = made.tail_,
                                          .visit =
                                              [&](const auto& events, const auto& window) {
                                                made.take(events, window);
                                                return result<void>{};
                                              },
                                          .tell = tell});
  if (!routed) return routed.error();
  for (const auto& row : stored_types) {
    if (row.served() && !row.topic() && build_of(row) != made.builds_.running(row.name())) {
      const position until{row.retired() ? row.frozen_at() : row.routed()};
      made.served_beside_.insert_or_assign(row.name(), served_build{row, until});
    }
    if (row.retired() || build_of(row) != made.builds_.running(row.name())) continue;
    made.types_.insert_or_assign(row.name(), row);
    if (auto one = back_fill_of(row, *head, made.tail_)) made.back_fills_.emplace(row.name(), *one);
  }
  for (const auto& [name, row] : routing.types()) {
    const bool runs = !row.retired() && name.second == made.builds_.running(name.first);
    if (runs && made.is_known(name.first)) made.types_.insert_or_assign(name.first, row);
  }
  return made;
}

std::optional<build_progress> overview::back_fill(std::string_view flow_type) const {
  const auto found = back_fills_.find(flow_type);
  return found == back_fills_.end() ? std::nullopt : std::optional{found->second};
}

bool overview::is_inert(std::string_view flow_type) const {
  const auto found = types_.find(flow_type);
  return found != types_.end() && found->second.inert();
}

result<known_flows> overview::look_up(std::span<const flow_name> names) {
  known_flows found;
  for (const auto& name : names) {
    auto row = look_up(flow_key::parse(std::string{name.key}), name.build);
    if (!row) return row.error();
    auto& one = found.emplace_back();
    if (*row) one = known_flow{(*row)->entry.number, (*row)->entry.born, (*row)->latest};
  }
  return found;
}

/// What the router asks: first what it was told before and has forgotten, then the store.
result<std::optional<flow_row>> overview::look_up(const flow_key& key, build_number build) {
  if (build != builds_.running(key.type())) return store_->find_flow(key, build);
  if (const auto known = additions_.find(key.text()); known != additions_.end()) {
    flow_row row = known->second.row;
    row.latest = known->second.latest;
    return std::optional{std::move(row)};
  }
  auto stored = stored_flow(key);
  if (!stored || !*stored) return stored;
  addition made{.row = **stored, .stored = true};
  made.stored_latest = made.latest = made.row.latest;
  additions_.emplace(key.text(), std::move(made));
  return stored;
}

result<std::optional<flow_row>> overview::stored_flow(const flow_key& key) const {
  return store_->find_flow(key, builds_.running(key.type()));
}

void overview::take(const window& events, const routed_window& routed) {
  for (const auto& entry : routed.started) {
    if (!builds_.is_running(entry)) continue;
    additions_.try_emplace(entry.key.text(), addition{.row = {.entry = entry}});
  }
  for (const auto& delivery : routed.deliveries) {
    if (!builds_.is_running(delivery.flow->entry)) continue;
    auto& added = additions_[delivery.flow->entry.key.text()];
    if (!added.first) added.first = events.events()[(*routed.entries)[delivery.first].index()].at;
    added.latest = delivery.flow->latest;
    added.count += delivery.count;
    if (watch_ && delivery.flow->entry.key == watch_->key) take_watched(events, routed, delivery);
  }
}

void overview::take_watched(const window& events, const routed_window& routed,
                            const routed_delivery& delivery) {
  for (std::uint32_t i = 0; i < delivery.count; ++i) {
    const auto& entry = (*routed.entries)[delivery.first + i];
    const position at = events.events()[entry.index()].at;
    if (watch_->after && at <= *watch_->after) continue;
    ++watched_.count;
    if (watched_.postings.size() < watch_->limit) watched_.postings.push_back({at, entry.starts()});
  }
}

flow_view overview::merged(flow_row row) const {
  flow_view view{.row = std::move(row), .stored = true};
  const auto added = additions_.find(view.row.entry.key.text());
  if (added != additions_.end() && added->second.count > 0) {
    // The host may have written some of the same meanwhile: what was added counts from what was
    // stored when it was added.
    view.row.postings =
        std::max(view.row.postings, added->second.row.postings + added->second.count);
    view.row.latest = std::max(view.row.latest, added->second.latest);
  }
  view.status = status_of(view.row.checkpoint, view.row.latest);
  return view;
}

flow_view overview::made_up(const addition& added) const {
  flow_view view{.row = added.row};
  view.row.latest = added.latest;
  view.row.postings = added.count;
  view.status = status_of(view.row.checkpoint, view.row.latest);
  return view;
}

result<flow_backlog> stored_backlog(const store& from, const flow_row& row, position until) {
  const auto& checkpoint = row.checkpoint;
  std::optional<position> after;
  if (checkpoint.has_position()) after = position{checkpoint.position()};
  flow_backlog made;
  if (after && *after >= until) return made;
  const bool is_all = !after && row.latest == until && row.entry.born != unplaced;
  if (is_all) return flow_backlog{.count = row.postings, .first = row.entry.born};
  auto first = from.postings(row.entry.number, after, 1);
  if (!first) return first.error();
  if (first->empty() || first->front().at > until) return made;
  made.first = first->front().at;
  auto count = from.count_postings(row.entry.number, after, until);
  if (!count) return count.error();
  made.count = *count;
  return made;
}

result<flow_backlog> overview::waiting(const flow_view& view) const {
  const auto& row = view.row;
  if (!is_unhandled(row.latest, row.checkpoint)) return flow_backlog{};
  const auto found = additions_.find(row.entry.key.text());
  const auto* added =
      found == additions_.end() || found->second.count == 0 ? nullptr : &found->second;
  // Beside a running host, which has handled some of what was added since.
  if (added != nullptr && !is_unhandled(added->first, row.checkpoint)) added = nullptr;
  flow_backlog made;
  const auto until = added == nullptr ? row.latest : added->stored_latest;
  if (view.stored && until) {
    auto stored = stored_backlog(*store_, row, *until);
    if (!stored) return stored;
    made = *stored;
  }
  if (added != nullptr) {
    if (!made.first) made.first = added->first;
    made.count += added->count;
  }
  if (!made.first) made = {.count = 1, .first = row.latest};  // not written by that host yet
  return made;
}

result<void> overview::flows(std::string_view type, const visitor& visit) const {
  const auto wanted = [&](const addition& added) {
    return !added.stored && (type.empty() || added.row.entry.key.type() == type);
  };
  auto next = additions_.begin();
  bool more = true;
  const auto visit_before = [&](const std::string* limit) {
    for (; more && next != additions_.end() && (limit == nullptr || next->first < *limit); ++next) {
      if (wanted(next->second)) more = visit(made_up(next->second));
    }
    // A flow that the host has stored since is in both.
    if (limit != nullptr && next != additions_.end() && next->first == *limit) ++next;
  };
  auto read = store_->flows(type, [&](const flow_row& row) {
    if (!builds_.is_running(row.entry)) return true;
    visit_before(&row.entry.key.text());
    if (more) more = visit(merged(row));
    return more;
  });
  if (!read) return read;
  visit_before(nullptr);
  return {};
}

result<std::optional<flow_view>> overview::find(const flow_key& key) const {
  auto stored = stored_flow(key);
  if (!stored) return stored.error();
  if (*stored) return std::optional{merged(std::move(**stored))};
  const auto added = additions_.find(key.text());
  if (added == additions_.end()) return std::optional<flow_view>{};
  return std::optional{made_up(added->second)};
}

/// What the store holds of the watched flow: up to what was stored when routing in memory took
/// over.
result<std::vector<posting>> overview::stored_page(std::optional<position> after,
                                                   std::size_t limit) const {
  const auto added = additions_.find(watch_->key.text());
  const bool is_added = added != additions_.end();
  auto row = stored_flow(watch_->key);
  if (!row) return row.error();
  std::optional<position> until;
  if (is_added) until = added->second.stored_latest;
  if (!is_added && *row) until = (*row)->latest;
  if (!*row || !until || (after && *after >= *until)) return std::vector<posting>{};
  auto page = store_->postings((*row)->entry.number, after, limit);
  if (page) std::erase_if(*page, [&](const posting& one) { return one.at > *until; });
  return page;
}

result<std::vector<posting>> overview::watched_page(std::optional<position> after,
                                                    std::size_t limit) const {
  if (!watch_) return std::vector<posting>{};
  auto page = stored_page(after, limit);
  if (!page || !page->empty()) return page;
  auto next = std::partition_point(watched_.postings.begin(), watched_.postings.end(),
                                   [&](const posting& one) { return after && one.at <= *after; });
  for (; next != watched_.postings.end() && page->size() < limit; ++next) page->push_back(*next);
  return page;
}

result<overview::inbox> overview::watched_inbox() const {
  inbox all;
  if (!watch_) return all;
  for (auto after = watch_->after;;) {
    auto page = stored_page(after, limits::behind_read_max);
    if (!page) return page.error();
    if (page->empty()) break;
    after = page->back().at;
    for (const auto& one : *page) {
      ++all.count;
      if (all.postings.size() < watch_->limit) all.postings.push_back(one);
    }
  }
  all.count += watched_.count;
  for (const auto& one : watched_.postings) {
    if (all.postings.size() < watch_->limit) all.postings.push_back(one);
  }
  return all;
}

}  // namespace millrace
