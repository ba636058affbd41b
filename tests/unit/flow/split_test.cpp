// Timing never decides (promise 11): however a flow's inbox is cut into turns, and wherever the
// flow is loaded anew in between, it comes to the same state, reactions and cancellations.
#include <catch2/catch.hpp>

#include "unit/flow/history.hpp"

using namespace millrace;
using namespace millrace::test;

namespace {

const flow_type topic = describe<diary>();
const flow_key key{"Diary", "x"};

struct outcome {
  std::vector<reaction> reactions;
  std::vector<cancellation> cancellations;
  v1::Checkpoint checkpoint;
  std::string state;
};

void reload(history& past, const outcome& so_far, const std::string& stored, runner& flow) {
  REQUIRE(flow.load(so_far.checkpoint, stored));
  for (const auto& seen : past.take()) REQUIRE(flow.replay(seen));
}

/// From nothing, or from what a reset leaves.
outcome run_in_pieces(history& past, dice& random, const v1::Checkpoint& from) {
  outcome result{.checkpoint = from};
  std::string stored;
  auto flow = std::make_unique<runner>(topic, key);
  REQUIRE(flow->load(from, {}));
  const auto longest = 1 + throw_dice(random, 40);
  for (std::size_t n = 0; n < past.in.size();) {
    const auto seen = past.take(n, 1 + throw_dice(random, longest));
    auto made = flow->run(seen);
    REQUIRE_FALSE(made.failed);
    n += made.handled;
    std::move(made.reactions.begin(), made.reactions.end(), std::back_inserter(result.reactions));
    std::move(made.cancellations.begin(), made.cancellations.end(),
              std::back_inserter(result.cancellations));
    result.checkpoint = made.checkpoint;
    if (made.state) stored = *made.state;
    if (throw_dice(random, 3) != 0) continue;
    flow = std::make_unique<runner>(topic, key);
    reload(past, result, stored, *flow);
  }
  if (flow->state() != nullptr) result.state = encode_deterministic(*flow->state());
  return result;
}

std::string show(const std::vector<reaction>& all) {
  std::string text;
  for (const auto& one : all) {
    text += fmt::format("{} {}:{} {} {} {}\n", one.type, one.cause.value, one.ordinal, one.depth,
                        one.due ? one.due->time_since_epoch().count() : -1, one.payload);
  }
  return text;
}

std::string show(const std::vector<cancellation>& all) {
  std::string text;
  for (const auto& one : all) text += fmt::format("{} {}\n", one.cause.value, one.type);
  return text;
}

/// What does not depend on how turns were cut.
std::string show(v1::Checkpoint made) {
  made.clear_snapshot();
  made.clear_changed();
  return made.DebugString();
}

}  // namespace

v1::Checkpoint with_skips(const v1::Checkpoint& of) {
  v1::Checkpoint made;
  *made.mutable_skipped() = of.skipped();
  made.set_skipped_count(of.skipped_count());
  return made;
}

TEST_CASE("turns may be cut anywhere, and the flow loaded anew between any two") {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    dice random{seed};
    history past{random};
    for (int i = 0; i < 6; ++i) {
      const auto found = run_in_pieces(past, random, with_skips(past.checkpoint()));
      REQUIRE(found.state == past.state());
      REQUIRE(show(found.reactions) == show(past.reactions));
      REQUIRE(show(found.cancellations) == show(past.cancellations));
      REQUIRE(show(found.checkpoint) == show(past.checkpoint()));
    }
  }
}

TEST_CASE("a flow that decides again comes to where it was, and appends nothing on the way") {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    dice random{seed};
    history past{random};
    for (int i = 0; i < 6; ++i) {
      auto from = with_skips(past.checkpoint());
      from.set_replay_until(past.checkpoint().position());
      from.set_accept_recorded(i % 2 == 1);
      const auto found = run_in_pieces(past, random, from);
      REQUIRE(found.state == past.state());
      REQUIRE(found.reactions.empty());
      REQUIRE(found.cancellations.empty());
      REQUIRE(show(found.checkpoint) == show(past.checkpoint()));
    }
  }
}

TEST_CASE("a flow that decides again is live behind the position where it was reset") {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    dice random{seed};
    history past{random};
    const auto& then = past.moments[throw_dice(random, past.moments.size())];
    auto from = with_skips(past.checkpoint());
    from.set_replay_until(then.at.value);
    const auto found = run_in_pieces(past, random, from);
    REQUIRE(found.state == past.state());
    auto wanted = past.reactions;
    std::erase_if(wanted, [&](const reaction& one) { return one.cause <= then.at; });
    REQUIRE(show(found.reactions) == show(wanted));
    auto cancelled = past.cancellations;
    std::erase_if(cancelled, [&](const cancellation& one) { return one.cause <= then.at; });
    REQUIRE(show(found.cancellations) == show(cancelled));
    REQUIRE(show(found.checkpoint) == show(past.checkpoint()));
  }
}
