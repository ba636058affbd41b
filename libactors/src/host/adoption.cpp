#include "host/adoption.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/limits.hpp"
#include "host/importer.hpp"
#include "millrace/envelope.pb.h"

namespace millrace {
namespace {

using names = std::set<std::string, std::less<>>;

result<names> other_inert_types(const store& from, const std::string& adopted) {
  auto rows = from.flow_types();
  if (!rows) return rows.error();
  names inert;
  for (const auto& row : *rows) {
    if (row.inert() && !row.retired() && row.name() != adopted) inert.insert(row.name());
  }
  return inert;
}

std::string_view type_of(std::string_view key) { return key.substr(0, key.find('|')); }

/// Whether the adoption of a type frees a timer of this event, when only `inert` types still wait.
bool is_free(const v1::Envelope& envelope, const std::string& adopted, const names& inert) {
  const auto& keys = envelope.routes().keys();
  if (keys.empty()) return inert.empty();
  const bool reaches = std::any_of(keys.begin(), keys.end(),
                                   [&](const auto& key) { return type_of(key) == adopted; });
  return reaches && std::none_of(keys.begin(), keys.end(),
                                 [&](const auto& key) { return inert.contains(type_of(key)); });
}

/// Of one page of the schedule, those that are inert now and free then; in order of due times.
result<std::vector<schedule_entry>> freed(const store& from,
                                          const std::vector<schedule_entry>& page,
                                          const std::string& adopted, const names& inert) {
  std::vector<position> at;
  for (const auto& entry : page) {
    if (entry.inert) at.push_back(entry.at);
  }
  std::sort(at.begin(), at.end());
  std::set<position> free;
  std::size_t read = 0;
  auto fetched = from.fetch(at, [&](const event_row& row) {
    ++read;
    v1::Envelope envelope;
    const auto size = static_cast<int>(row.envelope.size());
    if (envelope.ParseFromArray(row.envelope.data(), size) && is_free(envelope, adopted, inert)) {
      free.insert(row.at);
    }
    return true;
  });
  if (!fetched) return fetched.error();
  if (read != at.size()) {
    return error{errc::corrupt, "the schedule names events that are not on the timeline"};
  }
  std::vector<schedule_entry> found;
  for (const auto& entry : page) {
    if (free.contains(entry.at)) found.push_back(entry);
  }
  return found;
}

result<adoption_plan> count_timers(const store& from, const std::string& type, timestamp now) {
  freed_timers timers{from, type};
  adoption_plan plan;
  for (;;) {
    auto page = timers.next();
    if (!page) return page.error();
    if (!*page) return plan;
    for (const auto& entry : **page) ++(entry.due <= now ? plan.overdue : plan.later);
  }
}

/// Whether its flows are inert; none: there is no such type.
result<std::optional<bool>> is_inert(const store& from, std::string_view type) {
  auto rows = from.flow_types();
  if (!rows) return rows.error();
  std::optional<bool> inert;
  for (const auto& row : *rows) {
    if (row.name() == type && !row.retired()) inert = row.inert();
  }
  return inert;
}

}  // namespace

result<std::optional<std::vector<schedule_entry>>> freed_timers::next() {
  using found = std::optional<std::vector<schedule_entry>>;
  if (ended_) return found{};
  if (!inert_) {
    auto inert = other_inert_types(from_, adopted_);
    if (!inert) return inert.error();
    inert_ = std::move(*inert);
  }
  auto page = from_.schedule(store::timers::all, after_, limits::behind_read_max);
  if (!page) return page.error();
  ended_ = page->size() < limits::behind_read_max;
  if (!page->empty()) after_ = {page->back().due, page->back().at};
  auto free = freed(from_, *page, adopted_, *inert_);
  if (!free) return free.error();
  return found{std::move(*free)};
}

result<void> visit_overdue(const store& from, const std::string& type, timestamp now,
                           const std::function<bool(const schedule_entry&)>& visit) {
  freed_timers timers{from, type};
  for (;;) {
    auto page = timers.next();
    if (!page) return page.error();
    if (!*page) return {};
    for (const auto& entry : **page) {
      if (entry.due > now || !visit(entry)) return {};
    }
  }
}

adoption adoption_plan::outcome(std::uint64_t flows, std::optional<overdue_timers> what) const {
  const bool fires = what == overdue_timers::fire;
  return {.flows = flows, .activated = later + (fires ? overdue : 0), .overdue = overdue};
}

result<adoption_plan> plan_adoption(const store& from, const std::string& type, timestamp now) {
  auto is = is_inert(from, type);
  if (!is) return is.error();
  if (!*is) return error{errc::not_found, "no import brought flows of a type " + type};
  auto plan = count_timers(from, type, now);
  if (!plan) return plan;
  if (!**is && plan->overdue == 0 && plan->later == 0) {
    return error{errc::conflict, type + " is not waiting to be adopted: it runs here"};
  }
  return plan;
}

result<last_causes> imported_decisions(const store& from, const std::string& type) {
  last_causes found;
  auto inert = is_inert(from, type);
  if (!inert) return inert.error();
  auto imports = from.imports();
  if (!imports) return imports.error();
  v1::Envelope envelope;
  const auto look = [&](const event_row& row) {
    const auto size = static_cast<int>(row.envelope.size());
    const bool decided = envelope.ParseFromArray(row.envelope.data(), size) &&
                         type_of(envelope.emitter()) == type && envelope.has_cause();
    if (!decided) return true;
    auto& last = found[envelope.emitter()];
    last = std::max(last, position{envelope.cause()});
    return true;
  };
  for (const auto& each : *imports) {
    if (!inert->value_or(false) || each.format() != import_format::events) continue;
    auto read = from.scan(position{each.begin()}, position{each.end()}, look);
    if (!read) return read.error();
  }
  return found;
}

result<bool> waits_for_adoption(const store& from, position at, const v1::Envelope& envelope) {
  auto imports = from.imports();
  if (!imports) return imports.error();
  const bool is_imported = std::any_of(imports->begin(), imports->end(), [at](const auto& each) {
    return at.value >= each.begin() && at.value < each.end();
  });
  if (!is_imported) return false;
  auto inert = other_inert_types(from, {});
  if (!inert) return inert.error();
  const auto& keys = envelope.routes().keys();
  if (keys.empty()) return !inert->empty();
  return std::any_of(keys.begin(), keys.end(),
                     [&](const auto& key) { return inert->contains(type_of(key)); });
}

result<std::uint64_t> visit_waiting(const overview& now, std::string_view type,
                                    const waiting_visitor& visit) {
  std::uint64_t shown = 0;
  result<void> counted;
  auto read = now.flows(type, [&](const flow_view& view) {
    if (view.status != flow_status::pending) return true;
    auto waits = now.waiting(view);
    if (!waits) {
      counted = waits.error();
      return false;
    }
    ++shown;
    return visit({view.row.entry.key, waits->count});
  });
  if (!read) return read.error();
  if (!counted) return counted.error();
  return shown;
}

}  // namespace millrace
