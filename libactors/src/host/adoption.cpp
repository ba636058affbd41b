#include "host/adoption.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/limits.hpp"
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

}  // namespace

result<adoption_plan> plan_adoption(const store& from, const std::string& type, timestamp now) {
  auto inert = other_inert_types(from, type);
  if (!inert) return inert.error();
  adoption_plan plan;
  std::optional<std::pair<timestamp, position>> after;
  for (;;) {
    auto page = from.schedule(store::timers::all, after, limits::behind_read_max);
    if (!page) return page.error();
    auto free = freed(from, *page, type, *inert);
    if (!free) return free.error();
    for (auto& entry : *free) {
      (entry.due <= now ? plan.overdue : plan.later).push_back(std::move(entry));
    }
    if (page->size() < limits::behind_read_max) return plan;
    after = {page->back().due, page->back().at};
  }
}

}  // namespace millrace
