// flow KEY: one flow in words: its state, and why it waits or stopped.
#include "cli/flow.hpp"

#include <fmt/format.h>

#include "base/limits.hpp"
#include "base/time_text.hpp"
#include "cli/text.hpp"
#include "engine/recovery.hpp"

namespace millrace::cli {
namespace {

constexpr std::size_t excerpt_width = 200;

/// A large state is not saved with every checkpoint: the events since are folded again, silently,
/// when the inbox up to the checkpoint is written. Otherwise what is saved, with a note of its age.
result<void> fold_state(const context& in, const millrace::store& from, const flow_view& view,
                        const flow_type& type, const loaded_flow& loaded, flow_report& made) {
  auto row = from.find_flow(view.row.entry.number);
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
      made.state_note = fmt::format("{} bytes that do not decode as {}", loaded.state.size(),
                                    type.state_prototype->GetDescriptor()->name());
    }
    return {};
  }
  runner instance{type, view.row.entry.key};
  auto folded = recover(from, in.known.registry, type, view.row.entry, loaded, instance);
  if (!folded) {
    made.state_note = folded.error().message;
  } else if (instance.state() != nullptr) {
    made.state = state_as_json(*instance.state());
  }
  return {};
}

result<void> read_state(const context& in, const millrace::store& from, const flow_view& view,
                        flow_report& made) {
  if (!view.stored || !view.row.checkpoint.has_position()) return {};
  auto loaded = from.load(view.row.entry.number);
  if (!loaded) return loaded.error();
  if (!*loaded || !(*loaded)->checkpoint.has_life()) return {};
  const auto index = in.known.table.find(view.row.entry.key.type());
  if (!index) {
    made.state_note =
        fmt::format("{} bytes; the type is not part of this program", (*loaded)->state.size());
    return {};
  }
  const flow_type& type = *in.known.table.types()[*index];
  if (type.state_prototype != nullptr) return fold_state(in, from, view, type, **loaded, made);
  made.state_note = "keeps none";
  return {};
}

/// The event that the flow fails on, or the next one it will handle.
std::optional<position> event_at_hand(const flow_view& view, const overview::inbox& waiting) {
  if (view.row.checkpoint.has_error_position()) {
    return position{view.row.checkpoint.error_position()};
  }
  if (waiting.postings.empty()) return std::nullopt;
  return waiting.postings.front().at;
}

}  // namespace

result<flow_report> report_flow(const context& in, const millrace::store& from, const overview& now,
                                const flow_view& view) {
  const auto& key = view.row.entry.key;
  flow_report made{.view = view, .hosted = now.is_known(key.type())};
  if (const auto type = now.types().find(std::string{key.type()}); type != now.types().end()) {
    made.type = type->second;
  }
  auto waiting = now.watched_inbox();
  if (!waiting) return waiting.error();
  made.lag = waiting->count;
  if (const auto at = event_at_hand(view, *waiting)) {
    auto event = read_event(from, in.known.registry, *at);
    if (event) made.event = std::move(*event);
    if (!event && event.error().code != errc::not_found) return event.error();
  }
  if (auto read = read_state(in, from, view, made); !read) return read.error();
  auto timers = from.timers_of(key);
  if (!timers) return timers.error();
  made.timers = std::move(*timers);
  return made;
}

std::string in_words(const flow_report& report) {
  const auto& key = report.view.row.entry.key.text();
  const auto& checkpoint = report.view.row.checkpoint;
  if (checkpoint.has_error_position()) {
    const auto what =
        report.event ? named(*report.event) : fmt::format("event {}", checkpoint.error_position());
    const auto behind = report.lag > 0 ? report.lag - 1 : 0;
    return fmt::format(
        "{} stopped on {}: {}. {} behind it. `retry` tries that event again, `skip` "
        "passes it by.",
        inert(key), what, inert(checkpoint.error_message()),
        behind == 0 ? "Nothing waits"
                    : counted(behind, "event") + (behind == 1 ? " waits" : " wait"));
  }
  if (report.view.status != flow_status::pending) {
    return fmt::format("{} is idle: everything that was routed to it is handled{}.", inert(key),
                       checkpoint.done() ? ", and it has ended" : "");
  }
  const auto next = report.event ? "; the next is " + named(*report.event) : std::string{};
  const auto why = report.type.inert()
                       ? "Its type came with an import and is inert: nobody handles them before "
                         "`adopt`."
                   : report.hosted ? "They are handled when the flows run."
                                   : "Its type is not part of this program: the program that has "
                                     "it handles them.";
  return fmt::format("{} waits: {} {} not handled yet{}. {}", inert(key),
                     counted(report.lag, "event"), report.lag == 1 ? "is" : "are", next, why);
}

std::string type_in_words(const v1::FlowType& type, const std::optional<shown_event>& event) {
  if (!type.has_error_position()) {
    return fmt::format("{} is a flow type; its events before position {} are routed.{}",
                       inert(type.name()), type.routed(),
                       type.inert() ? " It came with an import and is inert until `adopt`." : "");
  }
  const auto what = event ? named(*event) : fmt::format("event {}", type.error_position());
  return fmt::format(
      "The routing of {} stopped on {}: {}. No later event reaches its flows. `retry "
      "{}` routes that event again, `skip {}` passes it by.",
      inert(type.name()), what, inert(type.error_message()), inert(type.name()),
      inert(type.name()));
}

error unknown_flow(const overview& now, const flow_key& key) {
  if (now.types().contains(std::string{key.type()}) || now.is_known(key.type())) {
    return {errc::not_found,
            fmt::format("there is no flow {}: no event ever started it", key.text())};
  }
  std::vector<std::string> names;
  for (const auto& [name, type] : now.types()) names.push_back(name);
  const auto near = near_names(key.type(), names);
  return {errc::not_found, fmt::format("there is no flow {}{}", key.text(),
                                       near.empty() ? std::string{}
                                                    : fmt::format("; flow types of a like name: {}",
                                                                  fmt::join(near, ", ")))};
}

namespace {

outcome show_flow(const context& in, const flow_report& report) {
  if (in.json) {
    in.out.json(flow_line(report));
    return exit_code::done;
  }
  in.out.line(in_words(report));
  if (report.event) in.out.line("  payload      " + excerpt(*report.event, excerpt_width));
  if (report.type.has_error_position()) in.out.line(type_in_words(report.type, std::nullopt));
  for (const auto& [name, value] : flow_lines(report)) {
    in.out.line(fmt::format("  {:<12} {}", name, inert(value)));
  }
  return exit_code::done;
}

/// `flow TYPE` for a type of many instances: how far it is routed, and what stops it.
outcome show_type(const context& in, const millrace::store& from, const v1::FlowType& type) {
  std::optional<shown_event> event;
  if (type.has_error_position()) {
    auto read = read_event(from, in.known.registry, position{type.error_position()});
    if (read) event = std::move(*read);
  }
  if (in.json) {
    in.out.json(type_line(type, event));
    return exit_code::done;
  }
  in.out.line(type_in_words(type, event));
  if (event) in.out.line("  payload      " + excerpt(*event, excerpt_width));
  in.out.line(fmt::format("  version      {}, build {}", type.version(),
                          static_cast<std::uint32_t>(build_of(type))));
  for (const auto& skipped : type.skipped()) {
    in.out.line(
        fmt::format("  skipped      event {}: {}", skipped.position(), inert(skipped.error())));
  }
  return exit_code::done;
}

}  // namespace

outcome flow(const context& in, const show_flow_options& options) {
  if (options.at) return flow_at(in, options.key, position{*options.at});
  auto from = in.open_store();
  if (!from) return from.error();
  const auto key = flow_key::parse(options.key);
  auto types = (*from)->flow_types();
  if (!types) return types.error();
  auto row = (*from)->find_flow(key, build_list{*types}.running(key.type()));
  if (!row) return row.error();
  overview::watch watched{.key = key, .limit = 1};
  if (*row && (*row)->checkpoint.has_position()) {
    watched.after = position{(*row)->checkpoint.position()};
  }
  auto now = in.look(**from, watched);
  if (!now) return now.error();
  auto view = now->find(key);
  if (!view) return view.error();
  if (*view) {
    // Beside a running host the checkpoint may have moved meanwhile: what waits is told after this
    // one.
    (*view)->row.checkpoint = *row ? (*row)->checkpoint : v1::Checkpoint{};
    (*view)->status = status_of((*view)->row.checkpoint, (*view)->row.latest);
    auto report = report_flow(in, **from, *now, **view);
    if (!report) return report.error();
    return show_flow(in, *report);
  }
  const auto type = now->types().find(options.key);
  if (type != now->types().end()) return show_type(in, **from, type->second);
  return unknown_flow(*now, key);
}

}  // namespace millrace::cli
