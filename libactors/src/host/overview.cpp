#include "host/overview.hpp"

#include <algorithm>
#include <tuple>

#include "base/limits.hpp"
#include "engine/flow_types.hpp"
#include "store/rules.hpp"

namespace millrace {
namespace {

/// What is read again from the store when memory should not grow: the overview remembers more
/// itself.
constexpr std::size_t router_entries_max = 65'536;

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
      commit_batch dropped;
      with.take_unwritten(dropped);
      with.written();
      with.forget(router_entries_max);
    }
    if (run.tell) run.tell(with.needed().value - first.value, run.tail.value - first.value);
  }
  return {};
}

result<overview> overview::of(const store& from, const known_types& types,
                              std::optional<watch> watched, const progress_teller& tell) {
  overview made{from, types};
  made.watch_ = std::move(watched);
  auto start = stored_start(from, types.table);
  if (!start) return start.error();
  made.tail_ = from.tail();
  made.builds_ = build_list{start->types};
  router routing{types.table, std::move(*start),
                 [&](const flow_key& key, build_number build) { return made.look_up(key, build); }};
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
  for (const auto& [name, row] : routing.types()) {
    if (!row.retired()) made.types_.insert_or_assign(name.first, row);
  }
  return made;
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
    added.latest = delivery.flow->latest;
    added.count += delivery.count;
    if (watch_ && delivery.flow->entry.key == watch_->key) take_watched(events, routed, delivery);
  }
}

void overview::take_watched(const window& events, const routed_window& routed,
                            const routed_delivery& delivery) {
  for (std::uint32_t i = 0; i < delivery.count; ++i) {
    const auto& entry = routed.entries[delivery.first + i];
    const position at = events.events()[entry.index].at;
    if (watch_->after && at <= *watch_->after) continue;
    ++watched_.count;
    if (watched_.postings.size() < watch_->limit) watched_.postings.push_back({at, entry.starts});
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

result<void> overview::pending(const visitor& visit) const {
  const auto order = [](const flow_key& key) {
    return std::tuple{std::string{key.type()}, key.has_id(), std::string{key.id()}};
  };
  std::map<std::tuple<std::string, bool, std::string>, flow_view> found;
  auto read = store_->pending([&](const flow_row& row) {
    if (!builds_.is_running(row.entry)) return true;
    found.emplace(order(row.entry.key), merged(row));
    return true;
  });
  if (!read) return read;
  for (const auto& [text, added] : additions_) {
    if (added.count == 0) continue;
    auto view = find(added.row.entry.key);  // again: a running host may have handled it by now
    if (!view) return view.error();
    if (*view && (*view)->status == flow_status::pending) {
      found.emplace(order(added.row.entry.key), std::move(**view));
    }
  }
  for (const auto& [key, view] : found) {
    if (!visit(view)) break;
  }
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

result<overview::inbox> overview::watched_inbox() const {
  inbox all;
  if (!watch_) return all;
  const auto added = additions_.find(watch_->key.text());
  const bool is_added = added != additions_.end();
  auto row = stored_flow(watch_->key);
  if (!row) return row.error();
  // Up to what was stored when routing in memory took over.
  std::optional<position> until;
  if (is_added) until = added->second.stored_latest;
  if (!is_added && *row) until = (*row)->latest;
  auto after = watch_->after;
  while (*row && until && (!after || *after < *until)) {
    auto page = store_->postings((*row)->entry.number, after, limits::behind_read_max);
    if (!page) return page.error();
    for (const auto& one : *page) {
      if (one.at > *until) break;
      ++all.count;
      if (all.postings.size() < watch_->limit) all.postings.push_back(one);
    }
    if (page->empty() || page->back().at >= *until) break;
    after = page->back().at;
  }
  all.count += watched_.count;
  for (const auto& one : watched_.postings) {
    if (all.postings.size() < watch_->limit) all.postings.push_back(one);
  }
  return all;
}

}  // namespace millrace
