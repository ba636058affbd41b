// Work over the whole store: rebuild, verify, the comparison of two versions; and being caught up.
#include <chrono>
#include <memory>

#include "base/service_limits.hpp"
#include "documents/comparison.hpp"
#include "documents/flow.hpp"
#include "documents/rebuilt.hpp"
#include "documents/text.hpp"
#include "host/rebuild.hpp"
#include "host/result_comparison.hpp"
#include "host/watching.hpp"
#include "service/endpoints.hpp"
#include "service/job_desk.hpp"
#include "service/problem.hpp"
#include "service/waiting_room.hpp"

namespace millrace::service {
namespace {

using documents::json;

std::string address_of(std::uint64_t job) { return "/v1/jobs/" + std::to_string(job); }

response begun(const call& asked, std::string does, job_desk::work what) {
  auto number = asked.of.jobs.start(std::move(does), asked.of.view.time, std::move(what));
  if (!number) return problem(number.error());
  auto standing = asked.of.jobs.show(*number, 0, 0);
  auto made = document(documents::dump(standing ? *standing : json::object()));
  made.status = 202;
  return std::move(made).with("location", address_of(*number));
}

/// Of what both kinds of rebuild do.
rebuild_settings settings_of(job_teller& tells, const rebuild_limits& bounds) {
  rebuild_settings made;
  made.may_use = bounds;
  made.may_use.ends = [&tells] { return tells.ends(); };
  made.report = [&tells](const std::string& subject, const std::string& what) {
    tells.find(subject, what);
  };
  made.tell = [&tells](std::uint64_t done, std::uint64_t total) { tells.tell(done, total); };
  return made;
}

result<rebuild_limits> limits_of(const call& asked) {
  rebuild_limits made;
  auto threads = asked.number("threads");
  if (!threads) return threads.error();
  auto memory = asked.number("memory");
  if (!memory) return memory.error();
  constexpr std::uint64_t threads_max = 1024, memory_max = 1u << 20;
  if (threads->value_or(0) > threads_max || memory->value_or(0) > memory_max) {
    return error{errc::invalid, "threads is a number up to 1024, memory one of MiB up to 1048576"};
  }
  made.threads = static_cast<std::size_t>(threads->value_or(0));
  if (memory->value_or(0) > 0) made.memory = static_cast<std::size_t>(**memory) << 20;
  return made;
}

response rebuild_all(const call& asked) {
  auto check = asked.flag("check");
  if (!check) return problem(check.error());
  auto bounds = limits_of(asked);
  if (!bounds) return problem(bounds.error());
  return begun(
      asked, *check ? "check" : "rebuild",
      [&of = asked.of, check = *check, bounds = *bounds](job_teller& tells) -> result<json> {
        const auto begin = of.view.time.steady();
        const auto settings = settings_of(tells, bounds);
        auto counts = check ? compare_derived(of.view.stored, of.known, settings)
                            : rebuild(of.over.inside(), settings);
        if (!counts) return counts.error();
        const std::chrono::duration<double> took = of.view.time.steady() - begin;
        return documents::json_of(*counts, took.count());
      });
}

response verify_all(const call& asked) {
  return begun(asked, "verify", [&of = asked.of](job_teller& tells) -> result<json> {
    verifier check{
        of.view.stored, of.known,
        [&](const std::string& subject, const std::string& what) { tells.find(subject, what); },
        [&](std::uint64_t done, std::uint64_t total) { tells.tell(done, total); },
        [&] { return tells.ends(); }};
    auto counts = check.run();
    return counts ? result<json>{documents::json_of(*counts)} : result<json>{counts.error()};
  });
}

response list_jobs(const call& asked) {
  page rows{asked, "jobs"};
  for (const auto& one : asked.of.jobs.list()) static_cast<void>(rows.add(documents::dump(one)));
  return std::move(rows).finish({});
}

response show_job(const call& asked) {
  auto limit = asked.page_size();
  if (!limit) return problem(limit.error());
  auto after = asked.number("after");
  if (!after) return problem(after.error());
  const auto& text = asked.variable("job");
  const auto number = documents::parse_number(text);
  auto standing = number ? asked.of.jobs.show(*number, after->value_or(0), *limit) : std::nullopt;
  if (!standing) return problem({errc::not_found, "no job " + text + " is known here"});
  return document(documents::dump(*standing));
}

response compare(const call& asked) {
  auto limit = asked.page_size();
  if (!limit) return problem(limit.error());
  auto made = compare_results(asked.of.view.stored, asked.of.known.table, asked.of.known.registry,
                              asked.variable("type"), {.examples = *limit});
  if (!made) return problem(made.error());
  page examples{asked, "examples"};
  for (const auto& one : made->examples) {
    if (!examples.add(documents::line_of(one, made->by_number))) break;
  }
  auto answer = std::move(examples).finish({});
  if (answer.content_type == "application/json") {
    answer.body = documents::with(std::move(answer.body), "comparison", documents::line_of(*made));
  }
  return answer;
}

response progress_line(const call& asked, bool caught_up) {
  const auto counted = asked.of.over.counters();
  return document(documents::dump({{"caught_up", caught_up},
                                   {"tail", asked.of.over.tail().value},
                                   {"read", counted.timeline_reads},
                                   {"handled", counted.handled},
                                   {"appended", counted.appended},
                                   {"commits", counted.commits},
                                   {"delivered", counted.delivered},
                                   {"routed", counted.routed}}));
}

response progress(const call& asked) {
  auto wait = asked.time("wait", limits::call_wait_max);
  if (!wait) return problem(wait.error());
  // Also without a wait the question takes a moment.
  constexpr auto moment = std::chrono::milliseconds{200};
  const auto until = asked.of.view.time.steady() + wait->value_or(duration{moment});
  const auto done = std::make_shared<wait_for_flows>(asked.of.over, std::nullopt,
                                                     [&room = asked.of.room] { room.note(); });
  return answer_when(asked.of, until, [&asked, done](bool last) -> std::optional<response> {
    const auto outcome = done->outcome();
    if (outcome && !*outcome) return problem(outcome->error());
    if (outcome || last) return progress_line(asked, outcome.has_value());
    return std::nullopt;
  });
}

}  // namespace

std::vector<endpoint> job_endpoints() {
  return {
      {.method = "POST",
       .path = "/v1/rebuild",
       .summary = "Compare all derived data with the timeline, and mend it: a job",
       .needs = access::everything,
       .arguments = {{"check", "boolean", "Only compare"},
                     {"threads", "integer", "0 (the default): as many as there are cores"},
                     {"memory", "integer", "MiB that it may use"}},
       .statuses = {202},
       .answer = rebuild_all},
      {.method = "POST",
       .path = "/v1/verify",
       .summary = "Check the whole store against itself: a job",
       .needs = access::everything,
       .statuses = {202},
       .answer = verify_all},
      {.method = "GET",
       .path = "/v1/jobs",
       .summary = "The jobs since the start that are remembered, the newest first",
       .answer = list_jobs},
      {.method = "GET",
       .path = "/v1/jobs/{job}",
       .summary = "How far a job is, and what it found",
       .arguments = {{"after", "integer", "Findings after so many"},
                     {"limit", "integer", "Findings of a page (100, at most 1000)"}},
       .answer = show_job},
      {.method = "GET",
       .path = "/v1/types/{type}/compare",
       .summary = "The results of two versions of a query, side by side",
       .arguments = {{"limit", "integer", "Examples of each kind (100, at most 1000)"}},
       .answer = compare},
      {.method = "GET",
       .path = "/v1/progress",
       .summary = "Whether the flows have handled everything, and how much was done",
       .where = lane::waits,
       .arguments = {{"wait", "string", "How long to wait until they have: 30s, 60s at most"}},
       .answer = progress},
  };
}

}  // namespace millrace::service
