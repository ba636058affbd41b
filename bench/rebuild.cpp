// How fast are inboxes, directory and cause index built again, next to a scan of the timeline?
//
// Workload: events of about 110 bytes, each with a cause and three routes (a query with one
// instance and two with 10,000 each), as explicit routes in the envelope, or by typed route()
// functions, which need the payload decoded. `build`: everything derived is dropped and built
// again, and written. `check`: it is compared with what is stored, and nothing differs. Baseline,
// on the same file: a bare, single-threaded, ordered SELECT of the same rows that looks at every
// column. Rows without a goal: what a loop by hand takes for the same, on one thread; and what the
// scan and that loop would take if two cores shared the work without any loss, which is half of
// what two of them take at once.
//
//   bench_rebuild [--full]    2,000,000 events; 16,000,000
//   bench_rebuild STORE       check of any application's store, which is only read
#include <fmt/format.h>

#include "bare/inboxes.hpp"
#include "bare/timeline.hpp"
#include "harness/basics.hpp"
#include "harness/history.hpp"
#include "harness/report.hpp"
#include "host/rebuild.hpp"
#include "store/sqlite_store.hpp"

namespace {

using namespace millrace;
using namespace millrace::bench;

interest_table::type_list types_of(const history& of) {
  if (of.shape().explicit_routes) return {};
  return {std::make_shared<const flow_type>(describe<everything>()),
          std::make_shared<const flow_type>(describe<by_item>()),
          std::make_shared<const flow_type>(describe<by_place>())};
}

double scan(const std::filesystem::path& file, std::uint64_t events) {
  std::uint64_t rows = 0;
  const double took = seconds_of([&] { rows = bare::scan(file); });
  need(events == 0 || rows == events, "the scan misses rows");
  return took;
}

double build(const history& of) {
  of.forget_derived();
  host over{{.store = of.directory(), .run_flows = false}};
  if (!of.shape().explicit_routes) add_flows(over);
  got(over.open());
  rebuild_counts counts;
  const double took = seconds_of([&] { counts = got(rebuild(over.inside(), {})); });
  need(counts.events == of.shape().events && counts.differences > 0, "nothing was built");
  over.stop();
  return took;
}

rebuild_counts check(const std::filesystem::path& store, const known_types& types, double& took) {
  const auto from = got(open_sqlite_store(store, open_mode::read_only));
  rebuild_counts counts;
  took = seconds_of([&] { counts = got(compare_derived(*from, types, {})); });
  return counts;
}

double check(const history& of) {
  double took = 0;
  const auto counts = check(of.directory(), *got(known_types::of(types_of(of))), took);
  need(counts.differences == 0, "what was built differs");
  need(counts.postings == 3 * of.shape().events, "there are other postings");
  return took;
}

void ask(report& to, bool explicit_routes) {
  const history one{
      {.events = to.asked().events_or(2'000'000, 16'000'000), .explicit_routes = explicit_routes}};
  one.pretend_routed();
  const auto events = one.shape().events;
  scan(one.file(), events);  // warms the file
  const std::string kind = explicit_routes ? "explicit" : "typed";
  const std::pair goal{wanted::at_most, explicit_routes ? 1.2 : 2.5};
  const auto note = fmt::format("{} events, 3 routes each", events);
  row built{"rebuild, " + kind, "s", {}, {}, goal, note + "; written"};
  row checked{"rebuild --check, " + kind, "s", {}, {}, {}, note + "; compared only"};
  row by_hand{"rebuild by hand, " + kind, "s", {}, {}, {}, "no goal: one thread, no blocks"};
  row halves{"half a scan on each of two cores", "s", {}, {}, {}, "no goal: a bound"};
  row by_hands{"half a rebuild by hand on each, " + kind, "s", {}, {}, {}, "no goal: a bound"};
  for (int round = 0; round < to.asked().rounds_or(3, 5); ++round) {
    settle_disk();
    built.bare.push_back(scan(one.file(), events));
    built.ours.push_back(build(one));
    settle_disk();
    checked.bare.push_back(scan(one.file(), events));
    checked.ours.push_back(check(one));
    if (!explicit_routes) continue;
    settle_disk();
    by_hand.bare.push_back(scan(one.file(), events));
    const auto made = bare::build_inboxes(one.file(), one.scratch());
    need(made.events == events, "the loop by hand misses events");
    by_hand.ours.push_back(made.seconds);
    settle_disk();
    halves.bare.push_back(by_hand.bare.back());
    halves.ours.push_back(seconds_of_two_at_once([&](int) { scan(one.file(), events); }) / 2);
    settle_disk();
    by_hands.bare.push_back(by_hand.bare.back());
    by_hands.ours.push_back(seconds_of_two_at_once([&](int which) {
                              auto into = one.scratch();
                              into += std::to_string(which);
                              need(bare::build_inboxes(one.file(), into).events == events,
                                   "one of two misses events");
                            }) /
                            2);
  }
  to.add(std::move(built));
  to.add(std::move(checked));
  if (!explicit_routes) return;
  to.add(std::move(by_hand));
  to.add(std::move(halves));
  to.add(std::move(by_hands));
}

/// Types whose route() is not in this program are left out, as `rebuild --check` says them.
void ask_about(report& to, const std::filesystem::path& store) {
  const auto file = store / store_file_name;
  scan(file, 0);
  row checked{"rebuild --check, " + store.string(), "s", {}, {}, {}, {}};
  rebuild_counts counts;
  for (int round = 0; round < to.asked().rounds_or(3, 5); ++round) {
    checked.bare.push_back(scan(file, 0));
    counts = check(store, *got(known_types::of({})), checked.ours.emplace_back());
  }
  checked.note = fmt::format("{} events, {} postings, {} differences", counts.events,
                             counts.postings, counts.differences);
  to.add(std::move(checked));
}

}  // namespace

int main(int argc, char** argv) {
  report to{"rebuild", argc, argv};
  for (const auto& store : to.asked().rest) ask_about(to, store);
  if (!to.asked().rest.empty()) return 0;
  ask(to, true);
  ask(to, false);
}
