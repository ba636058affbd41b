#include <catch2/catch.hpp>

#include "millrace/flow.hpp"
#include "support/flows.pb.h"

using namespace millrace;
using namespace millrace::test;
using namespace std::chrono_literals;

namespace {

struct deciding {
  static constexpr std::string_view name = "Deciding";
  static constexpr int version = 4;
  using observes = events<Act, Word>;
  static millrace::route route(const Act& e) { return starts(e.id()); }
  static millrace::route route(const Word& e, const event& envelope) {
    return joins(std::string{envelope.type} + e.id());
  }
  void when(const Act& e, reactions& then) const { then.emit<Word>().set_id(e.id()); }
  void given(const Word&) {}
};

struct reading {
  static constexpr const char* name = "Reading";
  using observes = events<Act>;
  explicit reading(std::string prefix = "") : prefix_(std::move(prefix)) {}
  void given(const Act& e) { state.add_lines(prefix_ + e.tag()); }
  bool ends(const Act& e) const { return e.tag() == "end"; }
  Diary state;

 private:
  std::string prefix_;
};

struct from_the_beginning {
  static constexpr std::string_view name = "FromTheBeginning";
  static constexpr auto starts_from = first_event::of_history;
  using observes = events<Act>;
  void when(const Act&, reactions&, const event&) const {}
};

}  // namespace

TEST_CASE("a flow with when is a topic, and begins at the tail unless it says so") {
  const auto type = describe<deciding>();
  CHECK(type.topic);
  CHECK(type.starts_from == first_event::from_now);
  CHECK(describe<from_the_beginning>().starts_from == first_event::of_history);
}

TEST_CASE("a flow without when is a query, and sees all of history") {
  const auto type = describe<reading>();
  CHECK_FALSE(type.topic);
  CHECK(type.starts_from == first_event::of_history);
}

TEST_CASE("a flow without route has a single instance") {
  CHECK(describe<reading>().single);
  CHECK(describe<reading>().observes[0].route == nullptr);
  CHECK_FALSE(describe<deciding>().single);
}

TEST_CASE("name, version and observed events are described") {
  const auto type = describe<deciding>();
  CHECK(type.name == "Deciding");
  CHECK(type.version == 4);
  CHECK(describe<reading>().version == 1);
  REQUIRE(type.observes.size() == 2);
  CHECK(type.observes[0].name == "Act");
  CHECK(type.observes[0].prototype == &Act::default_instance());
  CHECK(type.observes[0].has_when);
  CHECK_FALSE(type.observes[0].has_given);
  CHECK(type.observes[1].has_given);
  CHECK(type.find("Word") == 1);
  CHECK(type.find("Unheard") == 2);
}

TEST_CASE("a topic may keep no state, and a query's state is known") {
  CHECK(describe<deciding>().state_prototype == nullptr);
  CHECK(describe<deciding>().make()->state() == nullptr);
  CHECK(describe<reading>().state_prototype == &Diary::default_instance());
}

TEST_CASE("a route is called with the body, and with the envelope when it wants it") {
  const auto type = describe<deciding>();
  Word body;
  body.set_id("x");
  event envelope;
  envelope.type = "Word";
  const auto reached = type.observes[1].route(body, envelope);
  REQUIRE(reached.targets().size() == 1);
  CHECK(reached.targets()[0].id == "Wordx");
  CHECK_FALSE(reached.targets()[0].starts);
}

TEST_CASE("settings are handed to every instance, and instances share nothing") {
  const auto type = describe<reading>({}, std::string{"> "});
  const auto one = type.make();
  const auto other = type.make();
  Act body;
  body.set_tag("a");
  one->given(0, body, event{});
  CHECK(static_cast<const Diary&>(*one->state()).lines(0) == "> a");
  CHECK(static_cast<const Diary&>(*other->state()).lines().empty());
}

TEST_CASE("ends is asked of the instance, and of a topic it is false") {
  Act body;
  const auto query = describe<reading>().make();
  CHECK_FALSE(query->ends(0, body, event{}));
  body.set_tag("end");
  CHECK(query->ends(0, body, event{}));
  CHECK_FALSE(describe<deciding>().make()->ends(0, body, event{}));
}

TEST_CASE("options are kept as given") {
  const auto type = describe<reading>({.flush = flush_every(10).or_after(250ms),
                                       .on_error = retry_then_stop(3).with_backoff(1s),
                                       .runs_on_own_thread = true});
  CHECK(type.options.flush.count == 10);
  CHECK(type.options.flush.age == 250ms);
  CHECK(type.options.on_error.retries == 3);
  CHECK(type.options.on_error.backoff == 1s);
  CHECK(type.options.on_error.finally == error_policy::then::stop);
  CHECK(type.options.runs_on_own_thread);
  CHECK(skip_and_record().finally == error_policy::then::skip);
}
