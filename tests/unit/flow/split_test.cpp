// Timing never decides (promise 11): however a flow's inbox is cut into turns, and wherever the
// flow is loaded anew in between, it comes to the same state, reactions and cancellations.
#include <catch2/catch.hpp>

#include <random>

#include "unit/flow/diary.hpp"
#include "unit/flow/recorded.hpp"

using namespace millrace;
using namespace millrace::test;

namespace {

const flow_type topic = describe<diary>();
const flow_key key{"Diary", "x"};

using dice = std::mt19937;
std::size_t throw_dice(dice& random, std::size_t sides) { return random() % sides; }

Act random_act(dice& random, int number) {
  auto made = act("a" + std::to_string(number));
  made.set_joins(throw_dice(random, 2) == 0);
  for (auto left = throw_dice(random, 4); left > 0; --left) {
    auto& one = *made.add_does();
    one.set_kind(static_cast<Do::Kind>(throw_dice(random, 6)));  // SAY to CANCEL_CHIME
    one.set_tag(one.kind() == Do::TELL ? "y" : std::string(1 + throw_dice(random, 3), 't'));
  }
  if (throw_dice(random, 12) == 0) made.add_does()->set_kind(Do::DONE);
  if (throw_dice(random, 8) == 0) made.set_grow(3000);
  return made;
}

/// One history: outside events, and the flow's own words and timers arriving some time after they
/// were decided, also when they were cancelled or their life is over.
struct history {
  inbox in;
  std::vector<reaction> reactions;
  std::vector<cancellation> cancellations;
  v1::Checkpoint checkpoint;
  std::string state;
  std::vector<reaction> on_the_way;

  explicit history(dice& random) {
    runner flow{topic, key};
    for (int i = 0; i < 150; ++i) {
      next_event(random, i);
      auto made = flow.run(in.take(in.size() - 1));
      REQUIRE_FALSE(made.failed);
      for (const auto& one : made.reactions) {
        // The recorded emission is on the timeline; only what is routed here is in the inbox.
        reactions.push_back(one);
        on_the_way.push_back(one);
      }
      cancellations.insert(cancellations.end(), made.cancellations.begin(),
                           made.cancellations.end());
      checkpoint = made.checkpoint;
    }
    if (flow.state() != nullptr) state = encode_deterministic(*flow.state());
  }

  void next_event(dice& random, int number) {
    if (on_the_way.empty() || throw_dice(random, 3) == 0) {
      const auto made = random_act(random, number);
      in.add(made, !made.joins());
      return;
    }
    const auto place =
        on_the_way.begin() + static_cast<std::ptrdiff_t>(throw_dice(random, on_the_way.size()));
    if (place->type == "Bell") {
      in.add_firing<Bell>(*place);
    } else if (place->type == "Chime") {
      in.add_firing<Chime>(*place);
    } else if (place->payload.find("told") == std::string::npos) {
      in.add_own<Word>(*place);
    } else {
      in.leave_hole();
      in.add(Unheard{});
    }
    on_the_way.erase(place);
  }

  /// As recorded: those that have arrived and those that have not.
  std::vector<event> emissions_of(position cause, std::deque<recorded>& kept) const {
    std::vector<event> found;
    for (const auto& one : reactions) {
      if (one.cause != cause || one.type != "Word") continue;
      auto& made = kept.emplace_back();
      auto body = std::make_unique<Word>();
      body->ParseFromString(one.payload);
      made.type = one.type;
      made.payload = one.payload;
      made.body = std::move(body);
      made.envelope.set_emitter(key.text());
      made.envelope.set_cause(cause.value);
      made.envelope.set_ordinal(one.ordinal);
      made.view = {{}, made.type, {}, made.payload, made.body.get(), &made.envelope};
      found.push_back(made.view);
    }
    return found;
  }
};

struct outcome {
  std::vector<reaction> reactions;
  std::vector<cancellation> cancellations;
  v1::Checkpoint checkpoint;
  std::string state;
};

void reload(history& past, const outcome& so_far, const std::string& stored, runner& flow) {
  REQUIRE(flow.load(so_far.checkpoint, stored));
  std::deque<recorded> kept;
  for (const auto& seen : past.in.take()) {
    REQUIRE(flow.replay(seen, past.emissions_of(seen.what->at, kept)));
  }
}

outcome run_in_pieces(history& past, dice& random) {
  outcome result;
  std::string stored;
  auto flow = std::make_unique<runner>(topic, key);
  const auto longest = 1 + throw_dice(random, 40);
  for (std::size_t n = 0; n < past.in.size();) {
    const auto seen = past.in.take(n, 1 + throw_dice(random, longest));
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

TEST_CASE("turns may be cut anywhere, and the flow loaded anew between any two") {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    dice random{seed};
    history past{random};
    for (int i = 0; i < 6; ++i) {
      const auto found = run_in_pieces(past, random);
      REQUIRE(found.state == past.state);
      REQUIRE(show(found.reactions) == show(past.reactions));
      REQUIRE(show(found.cancellations) == show(past.cancellations));
      REQUIRE(show(found.checkpoint) == show(past.checkpoint));
    }
  }
}
