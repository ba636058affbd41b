#include "engine/recovery.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "engine/recorded_reactions.hpp"
#include "flow/rules.hpp"
#include "store/rules.hpp"
#include "wire/window.hpp"

namespace millrace {
namespace {

/// One flow's way from its snapshot to its checkpoint, in slices of its inbox.
class replay {
 public:
  replay(const store& stored, const type_registry& types, const flow_type& of, const flow_key& key,
         runner& into)
      : stored_(stored),
        types_(types),
        of_(of),
        key_(key),
        into_(into),
        recorded_(stored, types, key, position{into.checkpoint().position()}) {}

  result<void> run(const inbox_reader& postings, position last) {
    std::optional<position> after;
    if (into_.checkpoint().has_snapshot()) after = position{into_.checkpoint().snapshot()};
    for (;;) {
      auto inbox = postings(after, limits::behind_read_max);
      if (!inbox) return inbox.error();
      std::erase_if(*inbox, [&](const posting& each) { return each.at > last; });
      if (inbox->empty()) return {};
      after = inbox->back().at;
      if (auto folded = fold(*inbox); !folded) return folded;
    }
  }

 private:
  result<void> fold(const std::vector<posting>& slice) {
    auto read = read_inbox(stored_, types_, key_, slice);
    if (!read) return read.error();
    std::span<observation> left{read->seen};
    while (!left.empty()) {
      auto count = of_.topic ? recorded_.attach(left) : result<std::size_t>{left.size()};
      if (!count) return count.error();
      for (const auto& seen : left.first(*count)) {
        if (auto folded = into_.replay(seen); !folded) return folded;
      }
      left = left.subspan(*count);
    }
    return {};
  }

  const store& stored_;
  const type_registry& types_;
  const flow_type& of_;
  const flow_key& key_;
  runner& into_;
  recorded_reactions recorded_;
};

}  // namespace

result<read_events> read_inbox(const store& stored, const type_registry& types, const flow_key& key,
                               std::span<const posting> slice) {
  std::vector<position> at;
  at.reserve(slice.size());
  for (const auto& each : slice) at.push_back(each.at);
  window_builder built{types, at.empty() ? position{} : at.front()};
  auto read = stored.fetch(at, [&](const event_row& row) {
    built.add(row.at, row.type, row.time, row.payload, row.envelope);
    return true;
  });
  if (!read) return read.error();
  read_events made{.events = built.finish({}), .seen = {}};
  if (made.events->events().size() != slice.size()) {
    return error{errc::corrupt, "the inbox of " + key.text() + " names missing events"};
  }
  for (std::size_t i = 0; i < slice.size(); ++i) {
    made.seen.push_back({&made.events->events()[i], slice[i].starts});
  }
  return made;
}

bool needs_replay(const v1::Checkpoint& checkpoint) {
  return checkpoint.has_position() && checkpoint.has_life() &&
         (!checkpoint.has_snapshot() || checkpoint.snapshot() < checkpoint.position());
}

result<void> recover(const store& stored, const type_registry& types, const flow_type& of,
                     const flow_entry& flow, const loaded_flow& loaded, runner& into,
                     const inbox_reader& inbox) {
  if (auto begun = into.load(loaded.checkpoint, loaded.state); !begun) return begun;
  if (!needs_replay(loaded.checkpoint)) return {};
  const auto of_store = [&](std::optional<position> after, std::size_t limit) {
    return stored.postings(flow.number, after, limit);
  };
  return replay{stored, types, of, flow.key, into}.run(inbox ? inbox : inbox_reader{of_store},
                                                       position{loaded.checkpoint.position()});
}

result<loaded_flow> first_checkpoint(const store& stored, const flow_type& of,
                                     const flow_entry& flow, std::span<const former_build> formers,
                                     bool accepts_recorded) {
  loaded_flow made;
  bool was_idle = true;
  position decided;  // before this the former builds decided whatever came
  for (const auto& former : formers) {
    auto row = stored.find_flow(flow.key, former.number);
    if (!row) return row.error();
    if (!former.imported) decided = std::max(decided, former.frozen_at);
    if (!*row) continue;
    const auto& was = (*row)->checkpoint;
    was_idle = has_begun(was) && !is_pending((*row)->latest, was) && !was.has_error_position();
    if (!has_begun(was)) continue;
    made.checkpoint = reset_checkpoint(was, of, accepts_recorded);
    decided = former.imported ? position{} : former.frozen_at;
    break;
  }
  if (of.topic && was_idle && decided > position{}) {
    // Also what this flow did not get then: somebody else did, or nobody was to say anything.
    made.checkpoint.set_replay_until(std::max(made.checkpoint.replay_until(), decided.value - 1));
    made.checkpoint.set_accept_recorded(accepts_recorded);
  }
  made.checkpoint.set_generation(first_generation(flow.build));
  return made;
}

}  // namespace millrace
