// What `resume` costs is what is pending; what the manifest costs an append does not grow.
#include <catch2/catch.hpp>

#include "base/limits.hpp"
#include "base/virtual_clock.hpp"
#include "documents/schedule.hpp"
#include "host/host_parts.hpp"
#include "store/sqlite_store.hpp"
#include "support.hpp"
#include "support/temporary_directory.hpp"

using namespace millrace;
using namespace millrace::test;

namespace {

v1::FlowType row_of(std::uint64_t routed) {
  v1::FlowType made;
  made.set_name(std::string{acts::name});
  made.set_build(1);
  made.set_served(true);
  made.set_routed(routed);
  return made;
}

event_row event_at(std::uint64_t at) { return {{at}, "Other", midnight, "", ""}; }

/// Instances [begin, end) of Acts that have handled the event at 0.
commit_batch idle_flows(std::uint32_t begin, std::uint32_t end) {
  commit_batch batch;
  for (auto i = begin; i < end; ++i) {
    const flow_number number{i};
    batch.flows.push_back({number, flow_key{acts::name, std::to_string(i)}, {0}, first_build});
    batch.postings.push_back({number, {{{0}, true}}});
    batch.checkpoints.push_back({number, store_builder::handled(0), std::string{}});
  }
  return batch;
}

void fill(store& with, std::uint32_t instances) {
  REQUIRE(with.commit({.events = {event_at(0), event_at(1)}}));
  constexpr std::uint32_t at_once = 10'000;
  for (std::uint32_t begin = 0; begin < instances; begin += at_once) {
    REQUIRE(with.commit(idle_flows(begin, std::min(begin + at_once, instances))));
    while (*with.maintain()) {
    }
  }
  commit_batch last;
  for (std::uint32_t i = 0; i < 10; ++i) {
    last.postings.push_back({flow_number{i * (instances / 10)}, {{{1}, true}}});
  }
  last.flow_types = {row_of(2)};
  last.routed = position{2};
  REQUIRE(with.commit(last));
}

store::read_counts cost_of_resume(std::uint32_t instances) {
  const temporary_directory place;
  {
    auto own = open_sqlite_store(place.path(), open_mode::own);
    REQUIRE(own);
    fill(**own, instances);
    REQUIRE((*own)->close());
  }
  const auto opened = open_sqlite_store(place.path(), open_mode::read_only);
  REQUIRE(opened);
  const store& from = **opened;
  const auto known = known_of({});
  const auto now = *overview::of(from, *known);
  const auto line = *documents::manifest_line(from, now);
  CHECK(std::count(line.begin(), line.end(), '"') == 2 * (3 + 1 + 10));
  return from.reads();
}

void check_resume(std::uint32_t instances) {
  const auto reads = cost_of_resume(instances);
  CHECK(reads.flows == 10);
  CHECK(reads.postings == 0);
  CHECK(reads.events == 0);
}

struct rows {
  std::uint64_t commits = 0;
  std::uint64_t written = 0;
  store::read_counts read;
};

/// What the append of one event to one flow makes a host write and read, until all is flushed.
rows cost_of_append(std::uint32_t instances) {
  memory_store stored;
  REQUIRE(stored.commit({.events = {event_at(0)}}));
  auto all = idle_flows(0, instances);
  all.flow_types = {row_of(1)};
  all.routed = position{1};
  REQUIRE(stored.commit(all));

  virtual_clock time{midnight};
  host alive;
  const auto run = [&] {
    while (alive.inside().running->step()) {
    }
  };
  alive.inside().in_virtual_time = host::parts::virtual_time{.memory = &stored,
                                                             .time = &time,
                                                             .seed = 0,
                                                             .before_commit = [] { return true; },
                                                             .run_all = run};
  REQUIRE(alive.add<acts>());
  REQUIRE(alive.open());
  run();
  rows made;
  stored.before_commit([&](const commit_batch& batch) -> result<void> {
    ++made.commits;
    made.written += batch.events.size() + batch.flows.size() + batch.checkpoints.size() +
                    batch.effects.size() + batch.flow_types.size() + batch.scheduled.size();
    for (const auto& each : batch.postings) made.written += each.postings.size();
    return {};
  });
  const auto before = stored.reads();
  auto answer = alive.append(new_event::of(act("7")));
  for (int ticks = 0; ticks < 20; ++ticks) {
    run();
    time.advance(limits::router_tick);
    alive.inside().running->advance(limits::router_tick);
  }
  run();
  REQUIRE(answer.get());
  const auto after = stored.reads();
  made.read = {after.events - before.events, after.postings - before.postings,
               after.flows - before.flows};
  CHECK((*stored.find_flow(flow_key{acts::name, "7"}, first_build))->latest == position{1});
  alive.stop();
  return made;
}

}  // namespace

TEST_CASE("resume reads ten rows of 100,000, when ten are pending") { check_resume(100'000); }

TEST_CASE("resume reads ten rows of a million, when ten are pending", "[.million]") {
  check_resume(1'000'000);
}

TEST_CASE("what an append costs does not grow with the number of instances") {
  const auto few = cost_of_append(1'000);
  const auto many = cost_of_append(100'000);
  CHECK(few.commits == many.commits);
  CHECK(few.written == many.written);
  CHECK(few.read.flows == many.read.flows);
  CHECK(few.read.events == many.read.events);
  CHECK(few.read.postings == many.read.postings);
  CHECK(many.written < 10);
}
