// flow KEY --at POSITION and what-if KEY: one flow as it was, and as it would be.
#include <fmt/format.h>

#include "base/time_text.hpp"
#include "cli/flow.hpp"
#include "cli/text.hpp"
#include "host/past.hpp"

namespace millrace::cli {
namespace {

constexpr std::size_t excerpt_width = 200;

/// A flow, and a picture of the store that watches its inbox.
struct seen_flow {
  std::shared_ptr<const millrace::store> from;
  overview now;
  flow_view view;
};

result<seen_flow> find_flow(const context& in, const flow_key& key) {
  auto from = in.open_store();
  if (!from) return from.error();
  auto now = in.look(**from, overview::watch{.key = key, .limit = SIZE_MAX});
  if (!now) return now.error();
  auto view = now->find(key);
  if (!view) return view.error();
  if (!*view) return unknown_flow(*now, key);
  return seen_flow{std::move(*from), std::move(*now), std::move(**view)};
}

/// JSON, or empty.
std::string shown_state(const overview& now, const flow_key& key,
                        const std::optional<std::string>& state) {
  const auto index = now.known().table.find(key.type());
  const auto* prototype = index ? now.known().table.types()[*index]->state_prototype : nullptr;
  if (!state || prototype == nullptr) return {};
  return state_as_json(*prototype, *state).value_or("");
}

std::string life_in_words(const past_view& then) {
  if (then.alive) return fmt::format("alive since {}", then.life->value);
  return then.ended ? fmt::format("ended at {}", then.ended->value) : "not started";
}

/// `"state":…` before the brace that closes the line.
std::string with_state(std::string line, const std::string& state) {
  line.back() = ',';
  return line.append(fmt::format("\"state\":{}}}", state.empty() ? "null" : state));
}

void say(const context& in, std::string_view name, const std::string& value) {
  in.out.line(fmt::format("  {:<12} {}", name, inert(value)));
}

}  // namespace

outcome flow_at(const context& in, const std::string& key_text, position at) {
  const auto key = flow_key::parse(key_text);
  auto seen = find_flow(in, key);
  if (!seen) return seen.error();
  auto then = look_back(*seen->from, seen->now, seen->view, at);
  if (!then) return then.error();
  const auto state = shown_state(seen->now, key, then->state);
  if (in.json) {
    const json line = {{"flow", key.text()},
                       {"type", std::string{key.type()}},
                       {"id", key.has_id() ? json(std::string{key.id()}) : json(nullptr)},
                       {"at", at.value},
                       {"alive", then->alive},
                       {"life", number_or_null(then->life)},
                       {"ended", number_or_null(then->ended)}};
    in.out.json(with_state(dump(line), state));
    return exit_code::done;
  }
  in.out.line(fmt::format("{} after event {}", inert(key.text()), at.value));
  say(in, "life", life_in_words(*then));
  if (!state.empty()) say(in, "state", state);
  return exit_code::done;
}

namespace {

std::string data_of(const reaction& one) {
  const auto* prototype =
      one.message == nullptr
          ? nullptr
          : google::protobuf::MessageFactory::generated_factory()->GetPrototype(one.message);
  return prototype == nullptr ? std::string{} : state_as_json(*prototype, one.payload).value_or("");
}

/// Types whose timers leave the schedule. done() takes all of them.
std::vector<std::string> cancelled_types(const turn& decided) {
  std::vector<std::string> types;
  for (const auto& one : decided.cancellations) {
    if (!one.type.empty()) types.push_back(one.type);
  }
  return types;
}

bool is_done(const what_if_report& found) { return !found.alive && !found.passes_by; }

std::string what_if_line(const flow_key& key, const what_if_report& found,
                         const std::optional<shown_event>& event, const std::string& state) {
  json reactions = json::array();
  for (const auto& one : found.decided.reactions) {
    const auto data = data_of(one);
    reactions.push_back({{"ordinal", one.ordinal},
                         {"type", one.type},
                         {"due", one.due ? json(to_text(*one.due)) : json(nullptr)},
                         {"data", data.empty() ? json(nullptr) : json::parse(data)}});
  }
  const bool fails = found.failed.has_value();
  const json line = {{"flow", key.text()},
                     {"position", found.at.value},
                     {"error_message", fails ? json(*found.failed) : json(nullptr)},
                     {"passes_by", found.passes_by},
                     {"reactions", reactions},
                     {"cancelled", cancelled_types(found.decided)},
                     {"done", !fails && is_done(found)},
                     {"alive", found.alive}};
  auto text = dump(line);
  text.back() = ',';
  text += "\"event\":" + (event ? line_of(head_of(*event), *event) : "null") + '}';
  return with_state(std::move(text), state);
}

std::string outcome_in_words(const what_if_report& found) {
  if (found.failed) return "fails: " + *found.failed;
  if (found.passes_by) return "passes by: there is no living instance";
  return "is handled";
}

void show_what_if(const context& in, const what_if_report& found, const std::string& state) {
  say(in, "outcome", outcome_in_words(found));
  for (const auto& one : found.decided.reactions) {
    const auto due = one.due ? " due " + to_text(*one.due) : std::string{};
    say(in, "emits", fmt::format("{} {} {}{}", one.ordinal, one.type, data_of(one), due));
  }
  for (const auto& type : cancelled_types(found.decided)) say(in, "cancels", "timers of " + type);
  if (!found.failed) say(in, "life", is_done(found) ? "done" : found.alive ? "alive" : "not alive");
  if (!state.empty()) say(in, "state", state);
}

}  // namespace

outcome what_if(const context& in, const std::string& key_text) {
  const auto key = flow_key::parse(key_text);
  auto seen = find_flow(in, key);
  if (!seen) return seen.error();
  auto found = millrace::what_if(*seen->from, seen->now, seen->view);
  if (!found) return found.error();
  std::optional<shown_event> event;
  if (auto read = read_event(*seen->from, in.known.registry, found->at)) event = std::move(*read);
  const auto state = shown_state(seen->now, key, found->state);
  if (in.json) {
    in.out.json(what_if_line(key, *found, event, state));
    return exit_code::done;
  }
  const auto name = event ? named(*event) : fmt::format("event {}", found->at.value);
  in.out.line(
      fmt::format("{} on {}, with the present code; nothing is saved:", inert(key.text()), name));
  if (event) in.out.line("  payload      " + excerpt(*event, excerpt_width));
  show_what_if(in, *found, state);
  return exit_code::done;
}

}  // namespace millrace::cli
