#include "documents/schedule.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.hpp"
#include "base/time_text.hpp"

namespace millrace::documents {
namespace {

// Held at once; for more than that the store is read again.
constexpr std::size_t due_held_max = 1u << 20;

/// The first positions after one on the schedule, in order.
struct due_page {
  std::vector<std::uint64_t> positions;
  bool has_more = false;
};

result<due_page> due_after(const store& from, std::optional<position> last) {
  due_page made;
  auto& heap = made.positions;  // the last of them in front
  std::optional<std::pair<timestamp, position>> after;
  for (bool more = true; more;) {
    auto page = from.schedule(store::timers::all, after, limits::behind_read_max);
    if (!page) return page.error();
    for (const auto& entry : *page) {
      if (last && entry.at <= *last) continue;
      heap.push_back(entry.at.value);
      std::push_heap(heap.begin(), heap.end());
      if (heap.size() <= due_held_max) continue;
      std::pop_heap(heap.begin(), heap.end());
      heap.pop_back();
      made.has_more = true;
    }
    more = page->size() == limits::behind_read_max;
    if (more) after = {page->back().due, page->back().at};
  }
  std::sort_heap(heap.begin(), heap.end());
  return made;
}

}  // namespace

result<std::string> manifest_writer::next() {
  switch (at_) {
    case part::begin: {
      at_ = part::routes;
      const bool is_empty = now_.tail() == position{};
      return fmt::format("{{\"checkpoint\":{},\"routes\":[",
                         is_empty ? "null" : std::to_string(now_.tail().value - 1));
    }
    case part::routes: return more_routes();
    case part::schedule: return more_schedule();
    case part::end: break;
  }
  return std::string{};
}

/// Single-instance types as strings, the others as arrays with their ids; the flows come grouped.
result<std::string> manifest_writer::more_routes() {
  auto page = now_.pending_after(route_, overview::pending_held_max);
  if (!page) return page.error();
  std::string made;
  const auto is_open = [this] { return route_ && route_->has_id(); };
  for (const auto& view : page->flows) {
    const flow_key& key = view.row.entry.key;
    const auto type = std::string{key.type()};
    const bool goes_on = is_open() && key.has_id() && route_->type() == key.type();
    if (!goes_on && route_) made += is_open() ? "]," : ",";
    if (!goes_on && key.has_id()) made += '[' + dump(type);
    made += key.has_id() ? ',' + dump(std::string{key.id()}) : dump(type);
    route_ = key;
  }
  if (page->has_more) return made;
  at_ = part::schedule;
  return made + (is_open() ? "]" : "") + "],\"schedule\":[";
}

result<std::string> manifest_writer::more_schedule() {
  auto page = due_after(from_, due_);
  if (!page) return page.error();
  std::string made;
  for (const auto at : page->positions) {
    if (due_) made += ',';
    made += std::to_string(at);
    due_ = position{at};
  }
  if (page->has_more) return made;
  at_ = part::end;
  return made + "]}";
}

result<std::string> manifest_line(const millrace::store& from, const overview& now) {
  manifest_writer pieces{from, now};
  std::string line;
  for (;;) {
    auto piece = pieces.next();
    if (!piece || piece->empty()) return piece ? result<std::string>{std::move(line)} : piece;
    line += *piece;
  }
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
