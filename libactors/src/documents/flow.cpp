// What there is to know of a flow, and the words for it.
#include "documents/flow.hpp"

#include <fmt/format.h>

#include "documents/text.hpp"
#include "engine/recovery.hpp"

namespace millrace::documents {
namespace {

/// A large state is not saved with every checkpoint: the events since are folded again, silently,
/// when the inbox up to the checkpoint is written. Otherwise what is saved, with a note of its age.
result<void> fold_state(const source& of, const flow_view& view, const flow_type& type,
                        const loaded_flow& loaded, flow_report& made) {
  auto row = of.from.find_flow(view.row.entry.number);
  if (!row) return row.error();
  const auto& checkpoint = loaded.checkpoint;
  const bool written = *row && (*row)->latest && (*row)->latest->value >= checkpoint.position();
  if (!needs_replay(checkpoint) || !written) {
    if (checkpoint.has_snapshot() && checkpoint.snapshot() < checkpoint.position()) {
      made.state_as_of = position{checkpoint.snapshot()};
    }
    made.state = loaded.checkpoint.state_json()
                     ? loaded.state
                     : state_as_json(*type.state_prototype, loaded.state).value_or("");
    if (made.state.empty()) {
      made.only_reset_helps = true;
      made.state_note = fmt::format("{} bytes that do not decode as {}", loaded.state.size(),
                                    type.state_prototype->GetDescriptor()->name());
    }
    return {};
  }
  runner instance{type, view.row.entry.key};
  auto folded = recover(of.from, of.known.registry, type, view.row.entry, loaded, instance);
  if (!folded) {
    made.only_reset_helps = true;
    made.state_note = folded.error().message;
  } else if (instance.state() != nullptr) {
    made.state = state_as_json(*instance.state());
  }
  return {};
}

result<void> read_state(const source& of, const flow_view& view, flow_report& made) {
  const auto& known = view.row.checkpoint;
  if (!view.stored || !(known.has_position() || known.has_error_position())) return {};
  auto loaded = of.from.load(view.row.entry.number);
  if (!loaded && loaded.error().code == errc::corrupt) {
    made.only_reset_helps = true;
    made.state_note = loaded.error().message;
    return {};
  }
  if (!loaded) return loaded.error();
  if (!*loaded || !(*loaded)->checkpoint.has_life()) return {};
  const auto index = of.known.table.find(view.row.entry.key.type());
  if (!index && (*loaded)->checkpoint.state_json()) {
    made.state = std::move((*loaded)->state);
    return {};
  }
  if (!index) {
    made.state_note =
        fmt::format("{} bytes; the type is not part of this program", (*loaded)->state.size());
    return {};
  }
  const flow_type& type = *of.known.table.types()[*index];
  if (type.state_prototype != nullptr) return fold_state(of, view, type, **loaded, made);
  made.state_note = "keeps none";
  return {};
}

/// The event that the flow fails on, or the next one it will handle.
std::optional<position> event_at_hand(const flow_view& view, const flow_backlog& waiting) {
  if (view.row.checkpoint.has_error_position()) {
    return position{view.row.checkpoint.error_position()};
  }
  return waiting.first;
}

result<flow_report> report_flow(const source& of, const overview& now, const flow_view& view) {
  const auto& key = view.row.entry.key;
  flow_report made{.view = view, .hosted = now.is_known(key.type())};
  if (const auto type = now.types().find(std::string{key.type()}); type != now.types().end()) {
    made.type = type->second;
  }
  made.back_fill = now.back_fill(key.type());
  auto waiting = now.waiting(view);
  if (!waiting) return waiting.error();
  made.lag = waiting->count;
  if (const auto at = event_at_hand(view, *waiting)) {
    auto event = read_event(of.from, of.known.registry, *at);
    if (event) made.event = std::move(*event);
    if (!event && event.error().code != errc::not_found) return event.error();
  }
  if (auto read = read_state(of, view, made); !read) return read.error();
  auto served = read_served(of, now, key);
  if (!served) return served.error();
  made.served = std::move(*served);
  auto timers = of.from.timers_of(key);
  if (!timers) return timers.error();
  made.timers = std::move(*timers);
  return made;
}

result<type_report> report_type(const source& of, const overview& now, const v1::FlowType& type) {
  type_report made{.type = type,
                   .back_fill = now.back_fill(type.name()),
                   .served = served_beside(now, type.name()),
                   .event = {}};
  if (!type.has_error_position()) return made;
  auto read = read_event(of.from, of.known.registry, position{type.error_position()});
  if (read) made.event = std::move(*read);
  return made;
}

}  // namespace

result<flow_answer> find_flow(const source& of, const flow_key& key) {
  auto now = of.look({});
  if (!now) return now.error();
  auto view = now->find(key);
  if (!view) return view.error();
  if (!*view) {
    auto served = read_served(of, *now, key);
    if (!served) return served.error();
    // Nothing that runs was routed to it, but readers get what another version made of it.
    if (*served && (*served)->at) view->emplace().row.entry.key = key;
  }
  if (*view) {
    auto report = report_flow(of, *now, **view);
    if (!report) return report.error();
    return flow_answer{std::move(*report)};
  }
  const auto type = now->types().find(key.text());
  if (type == now->types().end()) return unknown_flow(*now, key);
  auto report = report_type(of, *now, type->second);
  if (!report) return report.error();
  return flow_answer{std::move(*report)};
}

error unknown_flow(const overview& now, const flow_key& key) {
  const auto type = now.types().find(key.text());
  if (type != now.types().end() && !type->second.single()) {
    const auto& row = type->second;
    return {errc::not_found,
            fmt::format("{} is a flow type of many instances: name one of its flows{}", key.text(),
                        row.has_error_position()
                            ? fmt::format("; its routing is stopped, and `explain {}` shows where "
                                          "the present code routes that event",
                                          row.error_position())
                            : std::string{})};
  }
  if (now.types().contains(std::string{key.type()}) || now.is_known(key.type())) {
    return {errc::not_found,
            fmt::format("there is no flow {}: no event ever started it", key.text())};
  }
  std::vector<std::string> names;
  for (const auto& [name, each] : now.types()) names.push_back(name);
  const auto near = near_names(key.type(), names);
  return {errc::not_found, fmt::format("there is no flow {}{}", key.text(),
                                       near.empty() ? std::string{}
                                                    : fmt::format("; flow types of a like name: {}",
                                                                  fmt::join(near, ", ")))};
}

}  // namespace millrace::documents
