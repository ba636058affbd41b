// Who is reached by an event, and in what order.
#include "routing/router.hpp"

#include "unit/routing/colliding_ids.hpp"
#include "unit/routing/routed.hpp"

using namespace millrace;
using namespace millrace::test;

TEST_CASE_METHOD(routing, "a starts creates its flow, a joins does not") {
  recorded.add(act("a"));
  recorded.add(joining("b"));
  recorded.add(joining("a"));
  const auto made = route();
  CHECK(made.started == texts{"Diary|a @0"});
  CHECK(made.deliveries == texts{"Diary|a: +0 2"});
  CHECK(*at_work->find(flow_key{"Diary", "b"}) == nullptr);
  CHECK(at_work->unwritten() == 2);
}

TEST_CASE_METHOD(routing, "a joins before the birth leaves no trace") {
  recorded.add(joining("a"));
  recorded.add(act("a"));
  recorded.add(joining("a"));
  const auto made = route();
  CHECK(made.started == texts{"Diary|a @1"});
  CHECK(made.deliveries == texts{"Diary|a: +1 2"});
}

TEST_CASE_METHOD(routing, "nor does it when the birth is known from before a crash") {
  recorded.add(joining("a"));
  recorded.add(act("a"));
  recorded.add(joining("a"));
  route();
  restart();
  const auto made = route();
  CHECK(made.started.empty());
  CHECK(made.deliveries == texts{"Diary|a: +1 2"});
}

TEST_CASE_METHOD(routing, "an id that is named twice is reached once, and starts wins") {
  recorded.add(act("a", "twice"));
  recorded.add(act("b"), routed_to({"Diary|c", "Diary|c"}));
  const auto made = route();
  CHECK(made.started == texts{"Diary|a @0", "Diary|c @1"});
  CHECK(made.deliveries == texts{"Diary|a: +0", "Diary|c: +1"});
}

TEST_CASE_METHOD(routing, "a type with a single instance is reached by all that it observes") {
  recorded.add(word("a"));
  recorded.add(act("a"));
  recorded.add(word("b"));
  const auto made = route();
  CHECK(made.started == texts{"AllWords @0", "Diary|a @1"});
  CHECK(made.deliveries == texts{"AllWords: +0 +2", "Diary|a: +1"});
}

TEST_CASE_METHOD(routing, "it is found again when it was resting") {
  recorded.add(word("a"));
  route();
  write();
  at_work->rest(100);
  recorded.add(word("b"));
  recorded.add(word("c"));
  recorded.add(word("d"));
  CHECK(route(1, 3).deliveries == texts{"AllWords after 0: +1 +2"});
  CHECK(route(3, 4).deliveries == texts{"AllWords after 2: +3"});
}

TEST_CASE_METHOD(routing, "it gets them in order among explicit routes that name it, too") {
  recorded.add(word("a"));
  route();
  recorded.add(word("b"), routed_to({"AllWords"}));
  recorded.add(word("c"));
  recorded.add(word("d"), routed_to({"AllWords"}));
  recorded.add(word("e"));
  CHECK(route(1, 5).deliveries == texts{"AllWords after 0: +1 +2 +3 +4"});
}

TEST_CASE_METHOD(routing, "explicit routes replace route(), and reach types that are not here") {
  recorded.add(word("a"), routed_to({"Gone|y", "Diary|x", "AlsoGone"}));
  const auto made = route();
  CHECK(made.started == texts{"Gone|y @0", "Diary|x @0", "AlsoGone @0"});
  CHECK(made.deliveries == texts{"Gone|y: +0", "Diary|x: +0", "AlsoGone: +0"});
}

TEST_CASE_METHOD(routing, "an empty list of explicit routes reaches nobody") {
  recorded.add(word("a"), routed_to({}));
  CHECK(route().deliveries.empty());
}

TEST_CASE_METHOD(routing, "a schedule entry reaches nobody, its firing does") {
  v1::Envelope entry;
  entry.set_due(1);
  v1::Envelope firing;
  firing.set_from_schedule(true);
  recorded.add(act("a"), entry);
  recorded.add(word("a"), entry);
  recorded.add(act("a"), firing);
  CHECK(route().deliveries == texts{"Diary|a: +2"});
}

TEST_CASE_METHOD(routing, "an event that nobody observes is passed by") {
  recorded.add("Unheard", "");
  recorded.add(act("a", "nobody"));
  const auto made = route();
  CHECK(made.deliveries.empty());
  CHECK(made.started.empty());
  CHECK(at_work->needed() == position{2});
  CHECK(at_work->has_unwritten());
}

TEST_CASE_METHOD(routing, "deliveries are grouped by flow and in order, and know the one before") {
  for (const auto* id : {"a", "b", "a", "c", "b", "a"}) recorded.add(act(id));
  CHECK(route(0, 3).deliveries == texts{"Diary|a: +0 +2", "Diary|b: +1"});
  CHECK(route(3, 6).deliveries ==
        texts{"Diary|c: +3", "Diary|b after 1: +4", "Diary|a after 2: +5"});
}

TEST_CASE_METHOD(routing, "the latest posting is found in the store after a restart") {
  recorded.add(act("a"));
  route();
  write();
  restart();
  recorded.add(act("a"));
  CHECK(route(1, 2).deliveries == texts{"Diary|a after 0: +1"});
}

TEST_CASE_METHOD(routing, "an event goes again where it went, among flows in the directory") {
  recorded.add(act("a"));
  recorded.add(word("a"));
  recorded.add(word("b"));
  recorded.add(word("b"), routed_to({"Gone|y", "Diary|a"}));
  route(0, 2);
  const auto reached = [&](std::uint64_t at) {
    const auto one = recorded.between(at, at + 1);
    const auto found = at_work->reached(one->events().front());
    REQUIRE(found);
    texts keys;
    for (const auto* flow : *found) keys.push_back(flow->entry.key.text());
    return keys;
  };
  CHECK(reached(0) == texts{"Diary|a"});
  CHECK(reached(1) == texts{"Diary|a", "AllWords"});
  CHECK(reached(2) == texts{"AllWords"});
  CHECK(reached(3) == texts{"Diary|a"});
}

TEST_CASE_METHOD(routing,
                 "an event from before a flow was born did not go there, explicitly or not") {
  recorded.add(act("a"));
  recorded.add(word("b"), routed_to({"Diary|a"}));
  recorded.add(act("a"));
  restart({{"Diary", 2}});  // began there
  route(2, 3);
  for (std::uint64_t at = 0; at < 3; ++at) {
    CAPTURE(at);
    const auto one = recorded.between(at, at + 1);
    const auto found = at_work->reached(one->events().front());
    REQUIRE(found);
    CHECK(found->size() == (at == 2 ? 1 : 0));
  }
}

TEST_CASE_METHOD(routing, "a lookup that fails ends the pass") {
  at_work.emplace(
      table,
      router::start{.types = {*at_work->running("Diary"), *at_work->running("AllWords")},
                    .routed = {},
                    .next_number = 0},
      [](std::span<const flow_name>) -> result<known_flows> {
        return error{errc::corrupt, "a page is gone"};
      });
  recorded.add(act("a"));
  const auto made = at_work->route(*recorded.between(0, 1));
  REQUIRE_FALSE(made);
  CHECK(made.error().code == errc::corrupt);
}

TEST_CASE_METHOD(routing, "many new flows of one window are numbered by their keys") {
  constexpr int count = 2000;
  for (int i = 0; i < count; ++i) recorded.add(act(fmt::format("{:04}", (i * 7) % count)));
  recorded.add(act("0001"));
  const auto made = route();
  CHECK(made.started.size() == count);
  CHECK(made.deliveries[1] == "Diary|0007: +1");
  write();
  const auto number_of = [this](const std::string& id) {
    return static_cast<std::uint32_t>(
        (*stored.find_flow({"Diary", id}, first_build))->entry.number);
  };
  for (std::uint32_t i = 0; i < count; i += 100) CHECK(number_of(fmt::format("{:04}", i)) == i);
  CHECK(postings({"Diary", "0007"}) == "+1");
  CHECK((*at_work->find({"Diary", "0007"}))->entry.number == flow_number{7});
}

TEST_CASE_METHOD(routing, "events find their flows though ids were made to have one hash") {
  const auto ids = colliding_ids(600);
  for (int twice = 0; twice < 2; ++twice) {
    for (const auto& id : ids) recorded.add(act(id));
  }
  texts wanted;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    wanted.push_back(fmt::format("Diary|{}: +{} +{}", ids[i], i, i + ids.size()));
  }
  CHECK(route().deliveries == wanted);
}
