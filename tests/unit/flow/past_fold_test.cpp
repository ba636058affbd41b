// Looking into the past: folds and recorded decisions, no `when`.
#include "flow/past_fold.hpp"

#include <catch2/catch.hpp>

#include "base/limits.hpp"
#include "unit/flow/history.hpp"

using namespace millrace;
using namespace millrace::test;
using lines = std::vector<std::string>;

namespace {

/// A topic that would decide otherwise today.
struct another_diary : diary {
  using diary::given;
  void when(const Act&, reactions&) const { throw std::logic_error{"nobody may ask"}; }
  void when(const Word&, reactions&) const { throw std::logic_error{"nobody may ask"}; }
  void when(const Chime&, reactions&) const { throw std::logic_error{"nobody may ask"}; }
};

const flow_type topic = describe<another_diary>();
const flow_type query = describe<reader>();
const flow_key key{"Diary", "x"};

std::optional<std::string> state_of(const past_fold& then) {
  if (!then.alive()) return std::nullopt;
  return encode_deterministic(*then.state());
}

/// What the checkpoint of the last moment says of the one at `at`, from `stored` on.
past_fold fold_until(history& past, position at, const v1::Checkpoint& now,
                     const std::string& stored) {
  past_fold then{topic, key, now};
  const auto after = then.begin(at, stored);
  REQUIRE(after);
  for (const auto& seen : past.take()) {
    if (seen.what->at > at || (*after && seen.what->at <= **after)) continue;
    REQUIRE(then.fold(seen));
  }
  return then;
}

}  // namespace

TEST_CASE("every moment of a random past is found again, over lives, timers, skips and own words") {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    dice random{seed};
    history past{random};
    auto now = past.checkpoint();
    for (const auto& stored : {past.moments.size() - 1, throw_dice(random, past.moments.size())}) {
      // As if the state had last been saved then; but no earlier than where the life began.
      const auto& saved = past.moments[stored];
      const bool same_life =
          saved.checkpoint.has_life() == now.has_life() && saved.checkpoint.life() == now.life();
      if (same_life) now.set_snapshot(saved.at.value);
      const auto state = same_life ? saved.state.value_or("") : past.state();
      for (const auto& moment : past.moments) {
        INFO("at " << moment.at.value);
        const auto then = fold_until(past, moment.at, now, state);
        REQUIRE(state_of(then) == moment.state);
        if (moment.state) REQUIRE(then.life() == position{moment.checkpoint.life()});
        REQUIRE((then.ended() && !then.alive()) == moment.checkpoint.done());
      }
    }
  }
}

TEST_CASE("lives of queries end in the past where ends says so") {
  inbox in{flow_key{"Reader", "x"}};
  in.add(act("a"));
  in.add(act("end"));
  in.add(joining(act("lost")), false);
  in.add(act("b"));
  runner flow{query, flow_key{"Reader", "x"}};
  const auto now = flow.run(in.take()).checkpoint;
  const auto fold = [&](position at) {
    past_fold then{query, flow_key{"Reader", "x"}, now};
    CHECK_FALSE(then.begin(at, {})->has_value());
    for (const auto& seen : in.take(0, at.value + 1)) CHECK(then.fold(seen));
    return then;
  };
  CHECK(fold({0}).life() == position{0});
  CHECK_FALSE(fold({1}).alive());
  CHECK(fold({2}).ended() == position{1});
}

TEST_CASE("before the oldest life that is kept nothing can be said") {
  inbox in;
  const auto count = limits::lives_kept_max + 2;
  for (std::size_t i = 0; i < count; ++i) in.add(act("a", {{Do::DONE, ""}}));
  runner flow{history::topic, key};
  const auto now = flow.run(in.take()).checkpoint;
  REQUIRE(static_cast<std::size_t>(now.ended_size()) == limits::lives_kept_max);
  CHECK(now.ended(0) == 2);
  past_fold then{topic, key, now};
  const auto refused = then.begin(position{1}, {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::not_found);
  CHECK(refused.error().message ==
        "Diary|x: what is kept of its past does not reach back before 2");
  const auto begun = then.begin(position{2}, {});
  REQUIRE(begun);
  CHECK(*begun == position{2});
  CHECK(then.ended() == position{2});
}

TEST_CASE("what was skipped before the oldest skip that is kept cannot be told apart") {
  inbox in;
  in.add(act("a"));
  in.add(act("b"));
  v1::Checkpoint now;
  now.set_position(1);
  now.set_skipped_count(2);
  now.add_skipped()->set_position(1);
  past_fold then{topic, key, now};
  CHECK(then.begin(position{0}, {}).error().code == errc::not_found);
  now.set_skipped_count(1);
  REQUIRE(then.begin(position{0}, {}));
}

TEST_CASE("a handler that throws in the past only is corrupt") {
  inbox in;
  auto bad = act("a");
  bad.set_given_throws(true);
  in.add(bad);
  v1::Checkpoint now;
  now.set_position(0);
  past_fold then{topic, key, now};
  REQUIRE(then.begin(position{0}, {}));
  const auto folded = then.fold(in.take()[0]);
  REQUIRE_FALSE(folded);
  CHECK(folded.error().message == "Diary|x: fold of 0: given of a");
}
