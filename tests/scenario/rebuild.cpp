// Derived data is disposable: it is compared and replaced while everything else goes on.
#include "scenario/rebuild.hpp"

#include <millrace/host_test.hpp>

using namespace millrace;
using namespace millrace::rebuilding;

namespace {

struct rebuilt {
  rebuilt() {
    test.add<tallies>().add<answers>();
    for (; number < 300; ++number) test.append(note(number));
    test.advance(std::chrono::seconds{2});  // derived data is written
    REQUIRE(differences(stored()) == std::vector<std::string>{});
  }
  const store& stored() { return *test.running().inside().stored; }
  result<rebuild_counts> rebuild() {
    rebuild_settings settings;
    settings.may_use.threads = 2;
    return millrace::rebuild(test.running().inside(), settings);
  }
  flow_row row_of(const std::string& key) {
    return **stored().find_flow(flow_key::parse(key), first_build);
  }
  /// What a damaged disk would hold.
  void damage(const commit_batch& with) { REQUIRE(test.running().inside().stored->commit(with)); }
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
  Notes tally(const std::string& id) { return test.read<tallies>(id)->state; }

  host_test test;
  int number = 0;
};

}  // namespace

TEST_CASE_METHOD(rebuilt, "a rebuild of a sound store changes nothing") {
  const auto commits = test.commits();
  const auto counts = rebuild();
  REQUIRE(counts);
  CHECK(counts->events == 400);
  CHECK(counts->flows == 8);
  CHECK(counts->differences == 0);
  CHECK(counts->mended == 0);
  CHECK(test.commits() == commits);
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
  for (; number < 330; ++number) test.append(note(number));
  CHECK(tally("k3").count() == 61);  // of 47 and 16 answers two came before its birth
  test.advance(std::chrono::seconds{2});
  CHECK(differences(stored()) == std::vector<std::string>{});
}

TEST_CASE_METHOD(rebuilt, "events that were lost from a waiting inbox are handled after all") {
  test.append(note(600, "break"));
  for (int more = 601; more < 640; ++more) test.append(note(more));
  test.advance(std::chrono::seconds{2});
  REQUIRE(test.flow(flow_key{"Answers"}).status == flow_status::stopped);
  const auto stopped_at = test.flow(flow_key{"Answers"}).error_position->value;
  lose("Answers", stopped_at + 5, stopped_at + 30);
  REQUIRE(rebuild()->mended == 1);
  REQUIRE(test.running().inside().in_virtual_time);
  // Mended, it still waits for its repair.
  CHECK(test.flow(flow_key{"Answers"}).status == flow_status::stopped);
  auto& running = test.running();
  const auto skipped = running.skip(flow_key{"Answers"});
  REQUIRE(skipped);
  test.run();
  CHECK(test.timeline("Noted").size() == 300 + 100 + 40 + 13);
  test.advance(std::chrono::seconds{2});
  CHECK(findings(stored()) == std::vector<std::string>{});
}

TEST_CASE_METHOD(rebuilt, "what is appended meanwhile is routed as ever") {
  damage_much();
  std::vector<std::future<result<std::vector<position>>>> appended;
  for (; number < 400; ++number) {
    appended.push_back(test.append_later({new_event::of(note(number))}));
  }
  REQUIRE(rebuild());
  test.run();
  for (auto& each : appended) REQUIRE(each.get());
  test.advance(std::chrono::seconds{2});
  CHECK(differences(stored()) == std::vector<std::string>{});
  CHECK(findings(stored()) == std::vector<std::string>{});
}

TEST_CASE("a rebuild that dies at any commit leaves a store that another one mends") {
  for (std::uint64_t dies_at = 0; dies_at < 20; ++dies_at) {
    CAPTURE(dies_at);
    rebuilt one;
    one.damage_much();
    for (; one.number < 320; ++one.number) {
      static_cast<void>(one.test.append_later({new_event::of(note(one.number))}));
    }
    const auto first = one.test.commits();
    one.test.on_commit([&](std::uint64_t commit) { return commit < first + dies_at; });
    static_cast<void>(one.rebuild());
    one.test.run();
    const bool died = one.test.crashed();
    one.test.on_commit([](std::uint64_t) { return true; });
    one.test.crash_and_restart();
    REQUIRE(one.rebuild());
    one.test.advance(std::chrono::seconds{2});
    REQUIRE(differences(one.stored()) == std::vector<std::string>{});
    REQUIRE(findings(one.stored()) == std::vector<std::string>{});
    if (!died) break;
  }
}
