#include "documents/schedule.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "base/time_text.hpp"

namespace millrace::documents {
namespace {

/// Single-instance types as strings, the others as arrays with their ids; the flows come grouped.
result<json> pending_routes(const overview& now) {
  json routes = json::array();
  const flow_key* former = nullptr;
  flow_key last;
  auto seen = now.pending([&](const flow_view& view) {
    const flow_key& key = view.row.entry.key;
    if (!key.has_id()) {
      routes.push_back(std::string{key.type()});
    } else if (former != nullptr && former->has_id() && former->type() == key.type()) {
      routes.back().push_back(std::string{key.id()});
    } else {
      routes.push_back(json::array({std::string{key.type()}, std::string{key.id()}}));
    }
    last = key;
    former = &last;
    return true;
  });
  if (!seen) return seen.error();
  return routes;
}

result<std::vector<std::uint64_t>> scheduled_positions(const store& from) {
  std::vector<std::uint64_t> positions;
  std::optional<std::pair<timestamp, position>> after;
  while (true) {
    auto page = from.schedule(store::timers::all, after, limits::behind_read_max);
    if (!page) return page.error();
    for (const auto& entry : *page) positions.push_back(entry.at.value);
    if (page->size() < limits::behind_read_max) break;
    after = {page->back().due, page->back().at};
  }
  std::sort(positions.begin(), positions.end());
  return positions;
}

}  // namespace

result<std::string> manifest_line(const millrace::store& from, const overview& now) {
  auto routes = pending_routes(now);
  if (!routes) return routes.error();
  auto due = scheduled_positions(from);
  if (!due) return due.error();
  json line = json::object();
  const bool is_empty = now.tail() == position{};
  line["checkpoint"] = is_empty ? json(nullptr) : json(now.tail().value - 1);
  line["routes"] = std::move(*routes);
  line["schedule"] = *due;
  return dump(line);
}

json json_of(const schedule_entry& entry) {
  return {{"position", entry.at.value},
          {"due", to_text(entry.due)},
          {"type", entry.type},
          {"flow", entry.flow.empty() ? json(nullptr) : json(entry.flow)},
          {"set_by", number_or_null(entry.set_by)},
          {"inert", entry.inert}};
}

}  // namespace millrace::documents
