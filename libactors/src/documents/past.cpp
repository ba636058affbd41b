#include "documents/past.hpp"

#include "base/time_text.hpp"
#include "documents/flow.hpp"

namespace millrace::documents {
namespace {

/// A flow, and a picture of the store that watches its inbox.
struct seen_flow {
  overview now;
  flow_view view;
};

result<seen_flow> see(const source& of, const flow_key& key) {
  auto now = of.look(overview::watch{.key = key, .after = {}, .limit = SIZE_MAX});
  if (!now) return now.error();
  auto view = now->find(key);
  if (!view) return view.error();
  if (!*view) return unknown_flow(*now, key);
  return seen_flow{std::move(*now), std::move(**view)};
}

/// JSON, or empty.
std::string shown_state(const known_types& known, const flow_key& key,
                        const std::optional<std::string>& state) {
  const auto index = known.table.find(key.type());
  const auto* prototype = index ? known.table.types()[*index]->state_prototype : nullptr;
  if (!state || prototype == nullptr) return {};
  return state_as_json(*prototype, *state).value_or("");
}

std::string with_state(std::string line, const std::string& state) {
  return with(std::move(line), "state", state.empty() ? "null" : state);
}

json reactions_of(const turn& decided) {
  json reactions = json::array();
  for (const auto& one : decided.reactions) {
    const auto data = data_of(one);
    reactions.push_back({{"ordinal", one.ordinal},
                         {"type", one.type},
                         {"due", one.due ? json(to_text(*one.due)) : json(nullptr)},
                         {"data", data.empty() ? json(nullptr) : json::parse(data)}});
  }
  return reactions;
}

}  // namespace

result<past_flow> look_back(const source& of, const flow_key& key, position at) {
  auto seen = see(of, key);
  if (!seen) return seen.error();
  auto then = millrace::look_back(of.from, seen->now, seen->view, at);
  if (!then) return then.error();
  auto state = shown_state(of.known, key, then->state);
  return past_flow{key, at, std::move(*then), std::move(state)};
}

std::string line_of(const past_flow& of) {
  const json line = {{"flow", of.key.text()},
                     {"type", std::string{of.key.type()}},
                     {"id", of.key.has_id() ? json(std::string{of.key.id()}) : json(nullptr)},
                     {"at", of.at.value},
                     {"alive", of.then.alive},
                     {"life", number_or_null(of.then.life)},
                     {"ended", number_or_null(of.then.ended)}};
  return with_state(dump(line), of.state);
}

result<possible_flow> what_if(const source& of, const flow_key& key) {
  auto seen = see(of, key);
  if (!seen) return seen.error();
  auto found = millrace::what_if(of.from, seen->now, seen->view);
  if (!found) return found.error();
  possible_flow made{key, std::move(*found), {}, {}};
  if (auto read = read_event(of.from, of.known.registry, made.found.at)) {
    made.event = std::move(*read);
  }
  made.state = shown_state(of.known, key, made.found.state);
  return made;
}

std::string line_of(const possible_flow& of) {
  const auto& found = of.found;
  const bool fails = found.failed.has_value();
  const json line = {{"flow", of.key.text()},
                     {"position", found.at.value},
                     {"error_message", fails ? json(*found.failed) : json(nullptr)},
                     {"passes_by", found.passes_by},
                     {"reactions", reactions_of(found.decided)},
                     {"cancelled", cancelled_types(found.decided)},
                     {"done", !fails && is_done(found)},
                     {"alive", found.alive}};
  auto text = with(dump(line), "event", of.event ? line_of(head_of(*of.event), *of.event) : "null");
  return with_state(std::move(text), of.state);
}

std::string data_of(const reaction& one) {
  const auto* prototype =
      one.message == nullptr
          ? nullptr
          : google::protobuf::MessageFactory::generated_factory()->GetPrototype(one.message);
  return prototype == nullptr ? std::string{} : state_as_json(*prototype, one.payload).value_or("");
}

std::vector<std::string> cancelled_types(const turn& decided) {
  std::vector<std::string> types;
  for (const auto& one : decided.cancellations) {
    if (!one.type.empty()) types.push_back(one.type);
  }
  return types;
}

}  // namespace millrace::documents
