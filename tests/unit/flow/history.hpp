/// Random histories of one Diary: outside events, and the flow's own words and timers arriving some
/// time after they were decided, also when they were cancelled or their life is over.
#pragma once

#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "unit/flow/diary.hpp"
#include "unit/flow/recorded.hpp"

namespace millrace::test {

using dice = std::mt19937;
inline std::size_t throw_dice(dice& random, std::size_t sides) { return random() % sides; }

inline Act random_act(dice& random, int number) {
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

struct history {
  inline static const flow_type topic = describe<diary>();
  inline static const flow_key key{"Diary", "x"};

  /// As it was after each event: not alive is none.
  struct moment {
    position at;
    std::optional<std::string> state;
    v1::Checkpoint checkpoint;
  };

  inbox in;
  std::vector<reaction> reactions;
  std::vector<cancellation> cancellations;
  std::vector<moment> moments;
  std::vector<reaction> on_the_way;

  explicit history(dice& random, int length = 150) {
    runner flow{topic, key};
    for (int i = 0; i < length; ++i) {
      next_event(random, i);
      const auto at = in[in.size() - 1].at;
      const bool skips = throw_dice(random, 25) == 0;
      auto made = skips ? flow.skip(at, "not wanted") : flow.run(in.take(in.size() - 1));
      REQUIRE_FALSE(made.failed);
      for (const auto& one : made.reactions) {
        // The recorded emission is on the timeline; only what is routed here is in the inbox.
        reactions.push_back(one);
        on_the_way.push_back(one);
        keep(one);
      }
      cancellations.insert(cancellations.end(), made.cancellations.begin(),
                           made.cancellations.end());
      moments.push_back({at, {}, made.checkpoint});
      if (flow.state() != nullptr) moments.back().state = encode_deterministic(*flow.state());
    }
  }

  [[nodiscard]] const v1::Checkpoint& checkpoint() const { return moments.back().checkpoint; }
  [[nodiscard]] std::string state() const { return moments.back().state.value_or(""); }

  /// With what is recorded to have come of each, whether it has arrived or not.
  std::vector<observation> take(std::size_t n = 0, std::size_t count = SIZE_MAX) {
    auto seen = in.take(n, count);
    for (auto& one : seen) one.recorded = emissions_[one.what->at.value];
    return seen;
  }

 private:
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

  void keep(const reaction& one) {
    auto& made = kept_.emplace_back();
    if (one.type == "Word") made.body = std::make_unique<Word>();
    if (one.type == "Bell") made.body = std::make_unique<Bell>();
    if (one.type == "Chime") made.body = std::make_unique<Chime>();
    REQUIRE(made.body->ParseFromString(one.payload));
    made.type = one.type;
    made.payload = one.payload;
    made.envelope.set_emitter(key.text());
    made.envelope.set_cause(one.cause.value);
    made.envelope.set_ordinal(one.ordinal);
    if (one.due) made.envelope.set_due(one.due->time_since_epoch().count());
    made.view = {{}, made.type, {}, made.payload, made.body.get(), made.shown()};
    emissions_[one.cause.value].push_back(made.view);
  }

  std::deque<recorded> kept_;
  std::map<std::uint64_t, std::vector<event>> emissions_;
};

}  // namespace millrace::test
