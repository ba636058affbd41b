// GET /v1/series: the timeline in pieces of ten seconds, which caches may keep.
#include <fmt/format.h>

#include "base/service_limits.hpp"
#include "documents/event.hpp"
#include "service/endpoints.hpp"
#include "service/problem.hpp"
#include "service/series_index.hpp"
#include "service/series_time.hpp"

namespace millrace::service {
namespace {

constexpr const char* base = "/v1/series";

/// The events of ten seconds, and what lies around them.
struct chunk {
  series_time begin;
  series_index::place first;
  series_index::place after;  ///< the first event of a later chunk
  std::optional<timestamp> newest;

  [[nodiscard]] series_time end() const { return begin + ten_seconds{1}; }
  /// An event of a later one is on the timeline: whatever is appended comes after that.
  [[nodiscard]] bool is_settled() const { return is_settled(end()); }
  [[nodiscard]] bool is_settled(series_time until) const { return newest && *newest >= until; }
};

result<chunk> chunk_at(const call& asked, series_time begin) {
  auto& index = asked.of.series;
  chunk made;
  made.begin = begin;
  made.newest = index.newest();
  auto first = index.find(begin);
  if (!first) return first.error();
  auto after = index.find(made.end());
  if (!after) return after.error();
  made.first = *first;
  made.after = *after;
  return made;
}

/// With the arguments of the call, but for where its page begins.
std::string link_to(const call& asked, std::string_view where, series_time time) {
  auto made = fmt::format("{}/{}/{}", base, where, name_of(time));
  char separator = '?';
  for (const auto& [name, value] : asked.where.query) {
    if (name == "from") continue;
    made += separator + name + '=' + escaped(value);
    separator = '&';
  }
  return made;
}

void add_link(response& to, const std::string& target, const char* relation) {
  const auto link = fmt::format("<{}>; rel=\"{}\"", target, relation);
  for (auto& [name, value] : to.header) {
    if (name != "link") continue;
    value += ", " + link;
    return;
  }
  to.with("link", link);
}

/// Chunks without events are passed by.
void add_neighbours(const call& asked, const chunk& of, bool is_cut, response& to) {
  if (of.first.before) {
    add_link(to, link_to(asked, "before", chunk_of(*of.first.before) + ten_seconds{1}), "prev");
  }
  if (is_cut || !of.is_settled() || !of.after.time) return;
  const auto next_end = chunk_of(*of.after.time) + ten_seconds{1};
  add_link(to,
           of.is_settled(next_end) ? link_to(asked, "before", next_end)
                                   : link_to(asked, "after", of.end()),
           "next");
}

/// A page of the events, as long as `GET /v1/events` makes one.
struct events_page {
  page events;
  std::optional<std::string> next;
};

result<events_page> read_events(const call& asked, const chunk& of) {
  auto limit = asked.page_size();
  if (!limit) return limit.error();
  auto from = asked.number("from");
  if (!from) return from.error();
  const auto type = asked.argument("type");
  events_page made{page{asked, "events"}, {}};
  position next{std::max(from->value_or(0), of.first.at.value)};
  std::size_t shown = 0;
  std::size_t seen = 0;
  bool goes_on = false;
  auto read = asked.of.view.stored.scan(next, of.after.at, [&](const event_row& row) {
    next = row.at.next();
    bool room = true;
    if (!type || row.type == *type) {
      const auto event = documents::decode(asked.of.known.registry, row);
      room = made.events.add(line_of(head_of(event), event));
      ++shown;
    }
    goes_on = !room || shown == *limit || ++seen == limits::page_scan_max;
    return !goes_on;
  });
  if (!read) return read.error();
  if (goes_on && next < of.after.at) {
    auto query = asked.where.query;
    std::erase_if(query, [](const field& one) { return one.first == "from"; });
    query.emplace_back("from", std::to_string(next.value));
    made.next = target_of(asked, query);
  }
  return made;
}

bool wants_lines(const call& asked) { return asked.accepts("application/x-ndjson"); }

std::string tag_of(const call& asked, const chunk& of) {
  return fmt::format("\"{}-{}{}\"", of.first.at.value, of.after.at.value,
                     wants_lines(asked) ? "-lines" : "");
}

response show(const call& asked, const chunk& of, bool may_be_kept) {
  const bool is_kept = may_be_kept && of.is_settled();
  auto read = read_events(asked, of);
  if (!read) return problem(read.error());
  const bool is_cut = read->next.has_value();
  auto made = std::move(read->events).finish(read->next);
  add_neighbours(asked, of, is_cut, made);
  made.with("vary", "Accept")
      .with("millrace-chunk", name_of(of.begin))
      .with("millrace-settled", of.is_settled() ? "true" : "false")
      .with("cache-control", is_kept ? "private, max-age=31536000, immutable" : "no-store");
  if (!is_kept) return made;
  const auto tag = tag_of(asked, of);
  made.with("etag", tag);
  const auto known = asked.asked.header_of("if-none-match").value_or("");
  if (known == "*" || known.find(tag) != known.npos) made.status = 304;
  return made;
}

/// The times of all events are known afterwards.
result<void> catch_up(const call& asked) {
  return asked.of.series.catch_up(limits::series_read_max);
}

/// `open`: the ten seconds that are not settled; none: there is no event at all.
response nothing_settled(const call& asked, std::optional<series_time> open) {
  auto made = page{asked, "events"}.finish({});
  if (open) add_link(made, link_to(asked, "after", *open), "next");
  return std::move(made).with("millrace-settled", "false");
}

response newest(const call& asked) {
  if (auto done = catch_up(asked); !done) return problem(done.error());
  const auto last = asked.of.series.newest();
  if (!last) return nothing_settled(asked, {});
  auto open = chunk_at(asked, chunk_of(*last));
  if (!open) return problem(open.error());
  if (!open->first.before) return nothing_settled(asked, open->begin);
  auto found = chunk_at(asked, chunk_of(*open->first.before));
  return found ? show(asked, *found, false) : problem(found.error());
}

response before(const call& asked) {
  auto end = parse_series_time(asked.variable("time"));
  if (!end) return problem(end.error());
  if (auto done = catch_up(asked); !done) return problem(done.error());
  auto found = chunk_at(asked, *end - ten_seconds{1});
  return found ? show(asked, *found, true) : problem(found.error());
}

/// The first chunk from there on that has an event; none: an empty one.
response after(const call& asked) {
  auto begin = parse_series_time(asked.variable("time"));
  if (!begin) return problem(begin.error());
  if (auto done = catch_up(asked); !done) return problem(done.error());
  auto place = asked.of.series.find(*begin);
  if (!place) return problem(place.error());
  auto found = chunk_at(asked, place->time ? chunk_of(*place->time) : *begin);
  return found ? show(asked, *found, false) : problem(found.error());
}

endpoint reading(const char* path, const char* summary, response (*answer)(const call& asked)) {
  return {.method = "GET",
          .path = path,
          .summary = summary,
          .arguments = {{"type", "string", "Only events of this type"},
                        {"limit", "integer", "Events of a page (100, at most 1000)"},
                        {"from", "integer", "The first position of the page"}},
          .statuses = {304},
          .answer = answer};
}

}  // namespace

std::vector<endpoint> series_endpoints() {
  return {reading("/v1/series", "The newest ten seconds that are settled", newest),
          reading("/v1/series/before/{time}", "The ten seconds before a time, for caches to keep",
                  before),
          reading("/v1/series/after/{time}", "The next ten seconds with events", after)};
}

}  // namespace millrace::service
