// Histories from elsewhere and to elsewhere: POST /v1/imports, GET /v1/export.
#include <algorithm>
#include <chrono>

#include "base/service_limits.hpp"
#include "documents/imported.hpp"
#include "exchange/event_line_writer.hpp"
#include "service/appending.hpp"
#include "service/endpoints.hpp"
#include "service/import_desk.hpp"
#include "service/problem.hpp"

namespace millrace::service {
namespace {

using namespace std::chrono_literals;
using documents::json;

constexpr const char* lines_type = "application/x-ndjson";
constexpr auto tell_interval = 200ms;

struct wish {
  import_job::wish job;
  std::optional<std::uint64_t> goes_on;
};

result<wish> wish_of(const call& asked) {
  wish made;
  const auto name = asked.argument("format");
  if (name && *name != "events" && *name != "kurrent") {
    return error{errc::invalid, "format is events or kurrent"};
  }
  if (name) {
    made.job.shape = *name == "events" ? exchange::format::events : exchange::format::kurrent;
  }
  auto skip = asked.flag("skip_bad");
  if (!skip) return skip.error();
  auto follow = asked.flag("follow");
  if (!follow) return follow.error();
  auto number = asked.number("continues");
  if (!number) return number.error();
  made.job.skip_bad = *skip;
  made.job.follow = *follow;
  made.job.bad_lines_max = limits::import_bad_lines_max;
  made.goes_on = *number;
  return made;
}

/// What it did goes with why it ended.
response ended_early(const error& why, const import_report& report, double seconds) {
  auto made = report.stopped ? problem(422, why) : problem(why);
  auto said = json::parse(made.body);
  if (report.stopped) said["line"] = report.stopped->number;
  said["import"] = documents::json_of(report, seconds);
  made.body = documents::dump(said);
  return made;
}

/// A body that follows something that grows has no end, only a last whole line.
response import(const call& asked) {
  auto wanted = wish_of(asked);
  if (!wanted) return problem(wanted.error());
  auto turn = asked.of.imports.begin();
  if (!turn) return problem(turn.error());
  const auto& body = *asked.asked.arriving;
  const auto& time = asked.of.view.time;
  const auto begun = time.steady();
  const auto seconds = [&] { return std::chrono::duration<double>(time.steady() - begun).count(); };
  const bool follows = wanted->job.follow;
  auto source = import_source::of_stream(
      body.descriptor, "the body", [&body, follows] { return follows || body.broken.load(); });
  if (!source) return problem(source.error());
  const auto ending = [&] { return asked.of.stopping || body.broken; };
  import_job job{asked.of.over, *source, std::move(wanted->job)};
  if (auto ready = job.prepare(ending, wanted->goes_on); !ready) return problem(ready.error());
  std::optional<timestamp> told;
  job.run(ending, [&] {
    const auto now = time.steady();
    if (told && now - *told < duration{tell_interval}) return;
    told = now;
    asked.of.imports.tell(documents::json_of(job.report(), seconds()));
  });
  const auto report = job.report();
  if (const auto failed = job.failure()) return ended_early(*failed, report, seconds());
  if (report.interrupted) {
    return ended_early({errc::closed, "the service is ending; import it again to go on"}, report,
                       seconds());
  }
  return document(documents::dump(documents::json_of(report, seconds())));
}

response list_imports(const call& asked) {
  auto limit = asked.page_size();
  if (!limit) return problem(limit.error());
  auto after = asked.number("after");
  if (!after) return problem(after.error());
  auto known = asked.of.view.stored.imports();
  if (!known) return problem(known.error());
  page rows{asked, "imports"};
  std::size_t shown = 0;
  std::optional<std::string> next;
  for (const auto& one : *known) {
    if (one.number() <= after->value_or(0)) continue;
    const bool room = rows.add(documents::dump(documents::json_of(one)));
    if (room && ++shown < *limit) continue;
    if (&one != &known->back()) {
      next = target_of(
          asked, {{"after", std::to_string(one.number())}, {"limit", std::to_string(*limit)}});
    }
    break;
  }
  return std::move(rows).finish(next);
}

response current_import(const call& asked) {
  auto standing = asked.of.imports.standing();
  if (!standing) return problem({errc::not_found, "no import is under way"});
  return document(documents::dump(*standing));
}

/// The timeline from one position to another, made as it is sent.
class exporting {
 public:
  exporting(const store& from, position begin, position end)
      : from_(from), next_(begin), end_(end) {}

  result<std::string> piece() {
    std::string lines;
    bool damaged = false;
    auto read = from_.scan(next_, end_, [&](const event_row& row) {
      next_ = row.at.next();
      damaged = !writer_.write(row, lines);
      return !damaged && lines.size() < limits::export_piece_size;
    });
    if (!read) return read.error();
    if (damaged) return error{errc::corrupt, "the type of an event is no text"};
    return lines;
  }

 private:
  const store& from_;
  position next_;
  position end_;
  exchange::event_line_writer writer_;
};

response export_timeline(const call& asked) {
  auto from = asked.number("from");
  if (!from) return problem(from.error());
  auto to = asked.number("to");
  if (!to) return problem(to.error());
  const auto tail = asked.of.over.tail();
  const auto end = *to && **to < tail.value ? position{**to}.next() : tail;
  const auto all = std::make_shared<exporting>(asked.of.view.stored, position{from->value_or(0)},
                                               std::max(end, position{from->value_or(0)}));
  response made;
  made.content_type = lines_type;
  made.with("millrace-tail", std::to_string(tail.value));
  made.more = [all] { return all->piece(); };
  return made;
}

}  // namespace

std::vector<endpoint> exchange_endpoints() {
  return {
      {.method = "POST",
       .path = "/v1/imports",
       .summary = "Append a history with its positions and times; its lines are read as they come",
       .where = lane::streams,
       .needs = access::everything,
       .arguments = {{"format", "string", "events or kurrent; else the first line tells"},
                     {"skip_bad", "boolean", "Pass over bad lines, and list them"},
                     {"follow", "boolean", "Commit lines as they come, and only whole ones"},
                     {"continues", "integer",
                      "The import that goes on: the body begins recent_size bytes before bytes"}},
       .accepted = {lines_type},
       .answer = import},
      {.method = "GET",
       .path = "/v1/imports",
       .summary = "How far each source is imported, and how it is known again",
       .arguments = {{"after", "integer", "The import after which the page begins"},
                     {"limit", "integer", "Imports of a page (100, at most 1000)"}},
       .answer = list_imports},
      {.method = "GET",
       .path = "/v1/imports/current",
       .summary = "How far the import is that is under way",
       .answer = current_import},
      {.method = "GET",
       .path = "/v1/export",
       .summary = "The timeline as lines that an import reads; as long as it is",
       .arguments = {{"from", "integer", "The first position (0)"},
                     {"to", "integer", "The last one; else the last there is"}},
       .answer = export_timeline},
  };
}

}  // namespace millrace::service
