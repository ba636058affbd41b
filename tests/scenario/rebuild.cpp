// Derived data is disposable: it is compared and replaced while everything else goes on.
#include "scenario/rebuild.hpp"

#include <millrace/host_test.hpp>

using namespace millrace;
using namespace millrace::rebuilding;

namespace {

struct rebuilt {
  explicit rebuilt(std::uint64_t seed = 0) : app{{.seed = seed}} {
    app.add<tallies>().add<answers>();
    for (; number < 300; ++number) app.append(note(number));
    app.advance(std::chrono::seconds{2});  // derived data is written
    REQUIRE(differences(stored()) == std::vector<std::string>{});
  }
  const store& stored() { return *app.running().inside().stored; }
  result<rebuild_counts> rebuild() {
    rebuild_settings settings;
    settings.may_use.threads = 2;
    return millrace::rebuild(app.running().inside(), settings);
  }
  flow_row row_of(const std::string& key) {
    return **stored().find_flow(flow_key::parse(key), first_build);
  }
  /// What a damaged disk would hold.
  void damage(const commit_batch& with) { REQUIRE(app.running().inside().stored->commit(with)); }
  void lose(const std::string& key, std::uint64_t from, std::uint64_t to) {
    const auto row = row_of(key);
    commit_batch batch;
    batch.rewritten.push_back({row.entry, {}});
    for (const auto& one : stored().inbox(row.entry.number)->postings.to_vector()) {
      if (one.at.value < from || one.at.value >= to) batch.rewritten.back().postings.append(one);
    }
    damage(batch);
  }
  void damage_much() {
    lose("Tallies|k3", 20, 60);
    lose("Tallies|k5", 0, UINT64_MAX);
    lose("Answers", 100, 120);
    const auto effects = *stored().effects_of_span(0);
    damage({.rewritten_effects = {{0, {effects.begin(), effects.begin() + 20}}}});
    const flow_number fresh{*stored().flow_count()};
    damage({.flows = {{fresh, flow_key{"Tallies", "nobody"}, position{3}}}});
  }
  Notes tally(const std::string& id) { return app.read<tallies>(id)->state; }

  host_test app;
  int number = 0;
};

}  // namespace

TEST_CASE_METHOD(rebuilt, "a rebuild of a sound store changes nothing") {
  const auto commits = app.commits();
  const auto counts = rebuild();
  REQUIRE(counts);
  CHECK(counts->events == 400);
  CHECK(counts->flows == 8);
  CHECK(counts->differences == 0);
  CHECK(counts->mended == 0);
  CHECK(app.commits() == commits);
}

TEST_CASE_METHOD(rebuilt, "what is damaged is listed and mended, and the flows go on") {
  const auto before = tally("k3").SerializeAsString();
  damage_much();
  CHECK(differences(stored()).size() == 5);
  const auto counts = rebuild();
  REQUIRE(counts);
  CHECK(counts->differences == 5);
  CHECK(counts->mended == 5);
  CHECK(differences(stored()) == std::vector<std::string>{});
  CHECK(findings(stored()) == std::vector<std::string>{});
  CHECK_FALSE(stored().find_flow(flow_key{"Tallies", "nobody"}, first_build)->has_value());
  CHECK(tally("k3").SerializeAsString() == before);  // nothing twice
  for (; number < 330; ++number) app.append(note(number));
  CHECK(tally("k3").count() == 61);  // of 47 and 16 answers two came before its birth
  app.advance(std::chrono::seconds{2});
  CHECK(differences(stored()) == std::vector<std::string>{});
}

TEST_CASE_METHOD(rebuilt, "events that were lost from a waiting inbox are handled after all") {
  app.append(note(600, "break"));
  for (int more = 601; more < 640; ++more) app.append(note(more));
  app.advance(std::chrono::seconds{2});
  REQUIRE(app.flow(flow_key{"Answers"}).status == flow_status::stopped);
  const auto stopped_at = app.flow(flow_key{"Answers"}).error_position->value;
  lose("Answers", stopped_at + 5, stopped_at + 30);
  REQUIRE(rebuild()->mended == 1);
  REQUIRE(app.running().inside().in_virtual_time);
  // Mended, it still waits for its repair.
  CHECK(app.flow(flow_key{"Answers"}).status == flow_status::stopped);
  auto& running = app.running();
  const auto skipped = running.skip(flow_key{"Answers"});
  REQUIRE(skipped);
  app.run();
  CHECK(app.timeline("Noted").size() == 300 + 100 + 40 + 13);
  app.advance(std::chrono::seconds{2});
  CHECK(findings(stored()) == std::vector<std::string>{});
}

TEST_CASE_METHOD(rebuilt, "what is appended meanwhile is routed as ever") {
  damage_much();
  std::vector<future<result<std::vector<position>>>> appended;
  for (; number < 400; ++number) {
    appended.push_back(app.append_later({new_event::of(note(number))}));
  }
  REQUIRE(rebuild());
  app.run();
  for (auto& each : appended) REQUIRE(each.get());
  app.advance(std::chrono::seconds{2});
  CHECK(differences(stored()) == std::vector<std::string>{});
  CHECK(findings(stored()) == std::vector<std::string>{});
}

TEST_CASE("an entry of the directory that goes while its first event comes is made anew") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    rebuilt one{seed};
    const flow_number orphan{*one.stored().flow_count()};
    one.damage({.flows = {{orphan, flow_key{"Tallies", "k9"}, position{3}}}});
    one.app.crash();
    one.app.restart_paused();
    auto first = note(1000);
    first.set_key("k9");
    std::vector<future<result<std::vector<position>>>> appended;
    for (int i = 0; i < 8; ++i) appended.push_back(one.app.append_later({new_event::of(first)}));
    REQUIRE(one.rebuild());
    one.app.run();
    for (auto& each : appended) REQUIRE(each.get());
    CHECK(one.tally("k9").count() == 8);
    one.app.advance(std::chrono::seconds{2});
    REQUIRE(differences(one.stored()) == std::vector<std::string>{});
    REQUIRE(findings(one.stored()) == std::vector<std::string>{});
  }
}

TEST_CASE("a rebuild that dies at any commit leaves a store that another one mends") {
  for (std::uint64_t dies_at = 0; dies_at < 20; ++dies_at) {
    CAPTURE(dies_at);
    rebuilt one;
    one.damage_much();
    for (; one.number < 320; ++one.number) {
      static_cast<void>(one.app.append_later({new_event::of(note(one.number))}));
    }
    const auto first = one.app.commits();
    one.app.on_commit([&](std::uint64_t commit) { return commit < first + dies_at; });
    static_cast<void>(one.rebuild());
    one.app.run();
    const bool died = one.app.crashed();
    one.app.on_commit([](std::uint64_t) { return true; });
    one.app.crash_and_restart();
    REQUIRE(one.rebuild());
    one.app.advance(std::chrono::seconds{2});
    REQUIRE(differences(one.stored()) == std::vector<std::string>{});
    REQUIRE(findings(one.stored()) == std::vector<std::string>{});
    if (!died) break;
  }
}

TEST_CASE(
    "a schedule that is damaged is rebuilt from the timeline, and timers fire when they must") {
  host_test test;
  test.add<payment_reminder>();
  test.append(placed("a"));
  test.append(placed("b"));
  test.append(placed("c"));
  const auto timers = test.schedule();
  REQUIRE(timers.size() == 3);
  auto& stored = *test.running().inside().stored;
  auto late = **stored.scheduled(timers[1]);
  late.due += 10h;
  REQUIRE(stored.commit({.scheduled = {late, {.at = {0}, .due = test.now() + 1min, .type = "X"}},
                         .unscheduled = {timers[0]}}));
  std::vector<std::string> found;
  rebuild_settings settings;
  settings.may_use.threads = 2;
  settings.report = [&](const std::string& subject, const std::string& what) {
    found.push_back(subject + ": " + what);
  };
  const auto counts = rebuild(test.running().inside(), settings);
  REQUIRE(counts);
  CHECK(counts->differences == 3);
  CHECK(counts->unmended == 0);
  CHECK(found ==
        std::vector<std::string>{
            "timer 1: PaymentOverdue is scheduled on the timeline, but is not on the schedule",
            "timer 3: the schedule's type, due time or flow is not that of its event",
            "timer 0: is on the schedule, but the timeline says that it fired, was "
            "cancelled or never was"});
  CHECK(test.schedule() == timers);
  CHECK(rebuild(test.running().inside(), {})->differences == 0);
  test.advance(31min);
  CHECK(test.timeline("ReminderSent").size() == 3);
  CHECK(test.schedule().empty());
}
