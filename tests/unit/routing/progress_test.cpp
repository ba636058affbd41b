// Each type's own routed position: lagging, parked, and what is written of it.
#include "base/limits.hpp"
#include "unit/routing/routed.hpp"

using namespace millrace;
using namespace millrace::test;

namespace {

struct five_words : routing {
  five_words() {
    recorded.add(act("a"));
    for (int i = 0; i < 4; ++i) recorded.add(word("a"));
  }
};

}  // namespace

TEST_CASE_METHOD(five_words, "a type that lags moves, one at the head is not touched") {
  route(0, 3);
  restart({{"Diary", 3}, {"AllWords", 1}});
  CHECK(at_work->needed() == position{0});  // explicit routes and the cause index
  CHECK(at_work->head() == position{3});
  CHECK(route(0, 3).deliveries == texts{"AllWords: +1 +2"});
  CHECK(routed("Diary") == 3);
  CHECK(routed("AllWords") == 3);
  CHECK(at_work->needed() == position{3});
  CHECK(route(3, 5).deliveries == texts{"AllWords after 2: +3 +4", "Diary|a: 3 4"});
}

TEST_CASE_METHOD(five_words, "a window that does not hold a type's position does not move it") {
  restart({{"AllWords", 4}});
  CHECK(route(0, 3).deliveries == texts{"Diary|a: +0 1 2"});
  CHECK(routed("AllWords") == 4);
  CHECK(route(3, 5).deliveries == texts{"Diary|a after 2: 3 4", "AllWords: +4"});
  CHECK(routed("AllWords") == 5);

  restart({{"AllWords", 1}});
  CHECK(route(3, 5).deliveries.empty());
  CHECK(routed("AllWords") == 1);
}

TEST_CASE_METHOD(five_words, "the cause index is made once, in order of causes") {
  recorded.add(word("b"), caused_by(3));
  recorded.add(word("b"), caused_by(1));
  route();
  write();
  CHECK(*stored.effects({3}) == std::vector{position{5}});
  CHECK(*stored.effects({1}) == std::vector{position{6}});
  restart({{"AllWords", 0}});
  route();
  CHECK(at_work->take_unwritten().effects.empty());
}

TEST_CASE_METHOD(routing, "a lagging type takes its explicit routes where it stands") {
  recorded.add(word("a"), routed_to({"Diary|x", "AllWords", "Gone|y"}));
  route();
  write();
  restart({{"Diary", 0}});
  // Diary|x has its posting; nobody else is asked.
  CHECK(route().deliveries.empty());
}

TEST_CASE_METHOD(routing, "a type whose route throws is parked there, others go on") {
  recorded.add(act("a"));
  recorded.add(act("a", "throw"));
  recorded.add(act("a"));
  recorded.add(word("a"));
  const auto made = route();
  CHECK(made.parked == texts{"Diary"});
  CHECK(made.deliveries == texts{"Diary|a: +0", "AllWords: +3"});
  const auto& parked = *at_work->running("Diary");
  CHECK(parked.routed() == 1);
  CHECK(parked.error_position() == 1);
  CHECK_THAT(parked.error_message(), Catch::Contains("route() threw: no way"));
  CHECK(at_work->needed() == position{4});
  CHECK(at_work->head() == position{4});
}

TEST_CASE_METHOD(routing, "a parked type waits, for explicit routes too, and after a restart") {
  recorded.add(act("a", "throw"));
  route();
  write();
  restart();
  recorded.add(act("a"));
  recorded.add(word("b"), routed_to({"Diary|a"}));
  CHECK(route(1, 3).deliveries.empty());
  CHECK(at_work->needed() == position{3});
}

TEST_CASE_METHOD(routing, "a retry goes back to the event that parked, and may park again") {
  recorded.add(act("a", "throw"));
  recorded.add(act("b"));
  route();
  REQUIRE(at_work->unpark("Diary", false));
  CHECK(at_work->needed() == position{0});
  CHECK(route().parked == texts{"Diary"});
  CHECK(at_work->running("Diary")->skipped_size() == 0);
  CHECK(at_work->running("Diary")->error_position() == 0);
}

TEST_CASE_METHOD(routing, "a skip goes on after the event that parked, and is recorded") {
  recorded.add(act("a", "throw"));
  recorded.add(act("b"));
  route();
  REQUIRE(at_work->unpark("Diary", true));
  CHECK(at_work->needed() == position{1});
  CHECK(route().deliveries == texts{"Diary|b: +1"});
  const auto& type = *at_work->running("Diary");
  CHECK_FALSE(type.has_error_position());
  CHECK(type.error_message().empty());
  REQUIRE(type.skipped_size() == 1);
  CHECK(type.skipped(0).position() == 0);
  CHECK_THAT(type.skipped(0).error(), Catch::Contains("no way"));
}

TEST_CASE_METHOD(routing, "of skipped events the newest are kept") {
  const auto more = limits::skips_kept_max + 3;
  for (std::size_t i = 0; i < more; ++i) {
    recorded.add(act("a", "throw"));
    route(i, i + 1);
    REQUIRE(at_work->unpark("Diary", true));
  }
  const auto& type = *at_work->running("Diary");
  CHECK(type.skipped_size() == static_cast<int>(limits::skips_kept_max));
  CHECK(type.skipped(0).position() == 3);
}

TEST_CASE_METHOD(routing, "only a parked type can be taken on again") {
  CHECK(at_work->unpark("Nobody", true).error().code == errc::not_found);
  CHECK(at_work->unpark("Diary", false).error().code == errc::conflict);
}

TEST_CASE_METHOD(routing, "a payload that does not decode parks who must route by it") {
  recorded.add("Word", "\xFF\xFF");
  const auto made = route();
  CHECK(made.parked == texts{"Diary"});
  CHECK(made.deliveries == texts{"AllWords: +0"});
}

TEST_CASE_METHOD(routing, "what is routed again after a crash is not posted again") {
  for (int i = 0; i < 3; ++i) recorded.add(act("a"));
  route(0, 2);
  write();
  restart({{"Diary", 0}});
  CHECK(route().deliveries == texts{"Diary|a after 1: +2"});
  write();
  CHECK(postings(flow_key{"Diary", "a"}) == "+0 +1 +2");
}

TEST_CASE_METHOD(routing, "what was not written before a crash is routed anew") {
  recorded.add(act("a"));
  route();
  restart();
  CHECK(at_work->needed() == position{0});
  const auto made = route();
  CHECK(made.started.empty());  // in the directory already
  CHECK(made.deliveries == texts{"Diary|a: +0"});
}

TEST_CASE_METHOD(routing,
                 "postings that come while others are written are kept for the next time") {
  for (const auto* id : {"a", "b", "a", "c"}) recorded.add(act(id));
  route(0, 2);
  const auto first = at_work->take_unwritten();
  CHECK_FALSE(at_work->has_unwritten());
  route(2, 4);
  CHECK(at_work->has_unwritten());
  CHECK(at_work->unwritten_latest() ==
        std::map<std::pair<std::string, build_number>, position>{{{"Diary|a", first_build}, {2}},
                                                                 {{"Diary|b", first_build}, {1}},
                                                                 {{"Diary|c", first_build}, {3}}});
  REQUIRE(stored.commit(first));
  at_work->written();
  CHECK(at_work->unwritten() == 2);
  CHECK((*at_work->find(flow_key{"Diary", "a"}))->written == position{0});
  CHECK((*at_work->find(flow_key{"Diary", "a"}))->latest == position{2});
  CHECK(postings(flow_key{"Diary", "a"}) == "+0");
  CHECK(*stored.routed() == position{2});

  write();
  CHECK(at_work->unwritten() == 0);
  CHECK(at_work->unwritten_latest().empty());
  CHECK(postings(flow_key{"Diary", "a"}) == "+0 +2");
  CHECK(postings(flow_key{"Diary", "b"}) == "+1");
  CHECK(postings(flow_key{"Diary", "c"}) == "+3");
  CHECK(*stored.routed() == position{4});
}

TEST_CASE_METHOD(routing, "what is idle and not kept rests, and is forgotten when too much rests") {
  for (const auto* id : {"idle", "kept"}) recorded.add(act(id));
  route();
  write();
  recorded.add(act("unwritten"));
  route(2, 3);
  (*at_work->find(flow_key{"Diary", "kept"}))->keep = true;
  const auto found = [&](const std::string& id) { return *at_work->find(flow_key{"Diary", id}); };
  const auto lookups_for = [&](const std::string& id) {
    const auto before = lookups;
    REQUIRE(found(id) != nullptr);
    return lookups - before;
  };
  const auto* idle = found("idle");
  at_work->forget({.awake = 3, .known = 0});  // not too many
  CHECK(found("idle") == idle);
  at_work->forget({.awake = 2, .known = 1});
  CHECK(lookups_for("idle") == 0);
  CHECK(found("idle")->latest == position{0});
  CHECK(found("idle")->written == position{0});
  CHECK(found("idle")->entry.born == position{0});
  CHECK(found("idle")->type == found("kept")->type);
  at_work->forget({.awake = 0, .known = 0});
  CHECK(lookups_for("kept") == 0);
  CHECK(lookups_for("unwritten") == 0);
  CHECK(lookups_for("idle") == 1);
  CHECK(found("idle")->latest == position{0});
}

TEST_CASE_METHOD(routing, "flows that stay are not looked through again until as many have come") {
  for (const auto* id : {"a", "b", "kept"}) recorded.add(act(id));
  route();
  write();
  (*at_work->find(flow_key{"Diary", "kept"}))->keep = true;
  at_work->forget({.awake = 2, .known = 2});  // one stays
  const auto* a = *at_work->find(flow_key{"Diary", "a"});
  REQUIRE(*at_work->find(flow_key{"Diary", "b"}) != nullptr);
  at_work->forget({.awake = 2, .known = 2});
  CHECK(*at_work->find(flow_key{"Diary", "a"}) == a);
}

namespace {

struct two_flows : routing {
  two_flows() {
    for (const auto* id : {"a", "b"}) recorded.add(act(id));
    route();
    write();
  }
  void keep(bool whether) {
    for (const auto* id : {"a", "b"}) (*at_work->find(flow_key{"Diary", id}))->keep = whether;
  }
};

}  // namespace

TEST_CASE_METHOD(two_flows, "flows that are kept no longer rest when somebody says so") {
  keep(true);
  at_work->forget({.awake = 1, .known = 0});
  keep(false);
  const auto before = lookups;
  at_work->forget({.awake = 1, .known = 0});  // as many as stayed are not looked through again
  REQUIRE(*at_work->find(flow_key{"Diary", "a"}) != nullptr);
  CHECK(lookups == before);
  at_work->look_for_resting();
  at_work->forget({.awake = 1, .known = 0});
  REQUIRE(*at_work->find(flow_key{"Diary", "a"}) != nullptr);
  CHECK(lookups == before + 1);
}

TEST_CASE_METHOD(two_flows, "all flows rest when nothing is in use, also those that were kept") {
  keep(true);
  at_work->forget({.awake = 0, .known = 2});
  keep(false);
  const auto before = lookups;
  SECTION("and are known") {
    at_work->rest(2);
    recorded.add(act("a"));
    CHECK(route(2, 3).deliveries == texts{"Diary|a after 0: +2"});
    CHECK(lookups == before);
  }
  SECTION("as many as may be") {
    at_work->rest(0);
    REQUIRE(*at_work->find(flow_key{"Diary", "a"}) != nullptr);
    CHECK(lookups == before + 1);
  }
}

TEST_CASE_METHOD(routing, "flows that are not in memory are looked up together") {
  for (const auto* id : {"a", "b", "c"}) recorded.add(act(id));
  route();
  write();
  restart();
  for (const auto* id : {"b", "new", "c", "b", "new"}) recorded.add(act(id));
  const auto before = looked_up;
  const auto made = route(3, 8);
  CHECK(made.deliveries ==
        texts{"Diary|b after 1: +3 +6", "Diary|new: +4 +7", "Diary|c after 2: +5"});
  CHECK(made.started == texts{"Diary|new @4"});
  CHECK(lookups == 2);  // one for each start of the program
  CHECK(looked_up - before == 5);
}

TEST_CASE_METHOD(routing, "a flow that rests goes on where it was, once in a window or often") {
  for (const auto* id : {"a", "b"}) recorded.add(act(id));
  route();
  write();
  at_work->forget({.awake = 0, .known = 2});
  const auto before = lookups;
  for (const auto* id : {"b", "b", "a"}) recorded.add(act(id));
  recorded.add(joining("nobody"));
  CHECK(route(2, 6).deliveries == texts{"Diary|b after 1: +2 +3", "Diary|a after 0: +4"});
  write();
  CHECK(lookups - before == 1);  // for nobody
  CHECK(postings(flow_key{"Diary", "b"}) == "+1 +2 +3");
}

TEST_CASE_METHOD(routing, "inboxes are written in the order of their flows' numbers") {
  for (const auto* id : {"a", "b", "c"}) recorded.add(act(id));
  route(0, 3);
  write();
  for (const auto* id : {"c", "a", "b", "a"}) recorded.add(act(id));
  route(3, 7);
  const auto batch = at_work->take_unwritten();
  REQUIRE(batch.postings.size() == 3);
  for (std::uint32_t i = 0; i < 3; ++i) CHECK(batch.postings[i].flow == flow_number{i});
  REQUIRE(stored.commit(batch));
  CHECK(postings(flow_key{"Diary", "a"}) == "+0 +4 +6");
}

TEST_CASE_METHOD(routing, "nothing is forgotten while postings are being written") {
  recorded.add(act("a"));
  route();
  const auto batch = at_work->take_unwritten();
  at_work->forget({.awake = 0, .known = 0});
  REQUIRE(stored.commit(batch));
  at_work->written();
  const auto before = lookups;
  CHECK((*at_work->find(flow_key{"Diary", "a"}))->written == position{0});
  CHECK(lookups == before);
}
