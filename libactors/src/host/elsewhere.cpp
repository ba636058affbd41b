#include "host/elsewhere.hpp"

#include <fmt/format.h>

#include <map>
#include <mutex>
#include <shared_mutex>

#include "base/limits.hpp"
#include "base/utf8.hpp"
#include "host/host_calls.hpp"
#include "millrace/envelope.pb.h"

namespace millrace {
namespace {

std::optional<position> place_of(const v1::Checkpoint& of) {
  return of.has_position() ? std::optional{position{of.position()}} : std::nullopt;
}

std::string shown(std::optional<position> at) {
  return at ? std::to_string(at->value) : std::string{"none"};
}

result<void> check_type(const host::parts& own, std::string_view type, const v1::FlowType& served) {
  if (own.interest->find(type)) {
    return error{errc::conflict, fmt::format("{} is a flow type of this program, which hosts its "
                                             "flows itself",
                                             type)};
  }
  if (served.name().empty() || served.explicit_only()) return {};
  return error{errc::conflict, fmt::format("{} belongs to a program that has hosted it on this "
                                           "store; its flows wait for that",
                                           type)};
}

/// Under own.usage.
result<engine_inspection> inspect(host::parts& own, const flow_key& key) {
  pending_answer<engine_inspection> asked;
  own.running->inspect(key, asked.keep());
  auto seen = await(own, asked);
  if (!seen) return seen;
  if (auto fits = check_type(own, key.type(), seen->served); !fits) return fits.error();
  return seen;
}

result<foreign_flow> find(host::parts& own, const flow_key& key) {
  auto seen = inspect(own, key);
  if (!seen) return seen.error();
  foreign_flow made{.number = seen->flow, .checkpoint = {}, .state = {}};
  if (!seen->flow) return made;
  auto loaded = own.stored->load(*seen->flow);
  if (!loaded) return loaded.error();
  if (!*loaded) return made;
  made.checkpoint = std::move((*loaded)->checkpoint);
  if (made.checkpoint.done() || (*loaded)->state.empty()) return made;
  if (!made.checkpoint.state_json()) {
    return error{errc::conflict, fmt::format("the state of {} is not JSON", key.text())};
  }
  made.state = std::move((*loaded)->state);
  return made;
}

result<void> check_progress(const foreign_turn& turn) {
  if (turn.failed && turn.reached && turn.failed->at <= *turn.reached) {
    return error{errc::invalid, "the event that failed comes after the position"};
  }
  if (turn.reached != turn.previous) {
    if (turn.reached && turn.reached > turn.previous) return {};
    return error{errc::invalid, "the position is not after the previous one"};
  }
  if (!turn.failed) return error{errc::invalid, "nothing was handled, and nothing failed"};
  if (!turn.state && !turn.done && turn.reactions.empty()) return {};
  return error{errc::invalid, "nothing was handled: there is no state, end or reaction"};
}

/// Envelopes of the causes.
result<std::map<position, v1::Envelope>> causes_of(const host::parts& own,
                                                   const foreign_turn& turn) {
  std::vector<position> wanted;
  for (const auto& each : turn.reactions) {
    const auto at = each.cause.value_or(*turn.reached);
    if (at > *turn.reached || at <= turn.previous) {
      return error{errc::invalid, fmt::format("event {} is not among those that were handled, and "
                                              "causes nothing",
                                              at.value)};
    }
    if (!wanted.empty() && at < wanted.back()) {
      return error{errc::invalid, "reactions come in the order of their causes"};
    }
    if (wanted.empty() || at != wanted.back()) wanted.push_back(at);
  }
  std::map<position, v1::Envelope> found;
  auto read = own.stored->fetch(wanted, [&](const event_row& row) {
    found[row.at].ParseFromArray(row.envelope.data(), static_cast<int>(row.envelope.size()));
    return true;
  });
  if (!read) return read.error();
  for (const auto at : wanted) {
    if (!found.contains(at)) {
      return error{errc::invalid, fmt::format("there is no event at position {}", at.value)};
    }
  }
  return found;
}

result<std::vector<foreign_reaction>> reactions_of(const host::parts& own, foreign_turn& turn) {
  if (turn.reactions.size() > limits::append_events_max) {
    return error{errc::too_large, "too many reactions"};
  }
  auto causes = causes_of(own, turn);
  if (!causes) return causes.error();
  std::vector<foreign_reaction> made;
  made.reserve(turn.reactions.size());
  std::map<position, std::uint32_t> ordinals;
  std::size_t size = 0;
  for (auto& each : turn.reactions) {
    const auto at = each.cause.value_or(*turn.reached);
    const auto& cause = causes->at(at);
    each.cause = at;
    if (each.correlation_id.empty()) each.correlation_id = cause.correlation_id();
    if (each.user.empty()) each.user = cause.user();
    if (!each.id.empty()) return error{errc::invalid, "a reaction has no id: it is written once"};
    if (auto checked = own.types.check(each, own.options.strict); !checked) return checked.error();
    if (cause.depth() >= limits::causal_depth_max) {
      return error{errc::invalid,
                   fmt::format("a chain of more than {} reactions", limits::causal_depth_max)};
    }
    size += each.payload.size();
    made.push_back({std::move(each), ordinals[at]++, cause.depth() + 1});
  }
  if (size > limits::append_size_max) return error{errc::too_large, "the reactions are too large"};
  return made;
}

/// The new checkpoint, and the state where it changes.
void decide(const v1::Checkpoint& before, foreign_turn& turn, millrace::turn& into) {
  auto& made = into.checkpoint;
  made = before;
  made.clear_error_position();
  made.clear_error_message();
  if (turn.failed) {
    made.set_error_position(turn.failed->at.value);
    made.set_error_message(to_utf8(turn.failed->message, limits::error_message_size_max));
  }
  if (turn.reached == turn.previous) return;
  const auto at = turn.reached->value;
  made.set_position(at);
  made.set_snapshot(at);
  made.set_done(turn.done);
  if (turn.done) {
    made.clear_life();
    made.set_state_json(false);
    into.state.emplace();
  } else {
    if (!made.has_life()) made.set_life(at);
    // What was there before is JSON, or there was none: find().
    if (turn.state) made.set_state_json(true);
    into.state = std::move(turn.state);
  }
  if (into.state) made.set_changed(at);
}

}  // namespace

result<void> check_elsewhere(host& over, const flow_key& key) {
  auto& own = over.inside();
  const std::shared_lock use{own.usage};
  if (const auto why = unusable(own)) return *why;
  auto seen = inspect(own, key);
  return seen ? result<void>{} : result<void>{seen.error()};
}

result<foreign_flow> find_elsewhere(host& over, const flow_key& key) {
  auto& own = over.inside();
  const std::shared_lock use{own.usage};
  if (const auto why = unusable(own)) return *why;
  return find(own, key);
}

result<void> commit_elsewhere(host& over, foreign_turn turn) {
  auto& own = over.inside();
  const std::shared_lock use{own.usage};
  if (const auto why = unusable(own)) return *why;
  if (auto moves = check_progress(turn); !moves) return moves;
  if (turn.state && turn.state->size() > limits::state_size_max) {
    return error{errc::too_large, "the state is too large"};
  }
  auto flow = find(own, turn.key);
  if (!flow) return flow.error();
  if (!flow->number) return error{errc::not_found, "no flow " + turn.key.text()};
  if (place_of(flow->checkpoint) != turn.previous) {
    return error{errc::conflict,
                 fmt::format("the checkpoint of {} is {}, not {}", turn.key.text(),
                             shown(place_of(flow->checkpoint)), shown(turn.previous))};
  }
  flow_commit request{.key = turn.key, .expected = turn.previous, .decided = {}, .done = {}};
  auto reactions = reactions_of(own, turn);
  if (!reactions) return reactions.error();
  decide(flow->checkpoint, turn, request.decided);
  request.elsewhere = std::move(*reactions);
  pending_answer<void> answer;
  request.done = answer.keep();
  own.running->commit_elsewhere(std::move(request));
  if (own.in_virtual_time) own.in_virtual_time->run_all();
  // However long it takes: a turn whose end is not known could follow that of another holder.
  request = {};
  return answer.take().get();
}

}  // namespace millrace
