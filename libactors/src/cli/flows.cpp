// flows, inbox: what there is, and what waits.
#include <fmt/format.h>

#include <algorithm>

#include "base/limits.hpp"
#include "base/time_text.hpp"
#include "cli/commands.hpp"
#include "cli/event.hpp"
#include "cli/flow.hpp"
#include "cli/text.hpp"

namespace millrace::cli {
namespace {

colour colour_of(flow_status status) {
  switch (status) {
    case flow_status::idle: return colour::plain;
    case flow_status::pending: return colour::yellow;
    case flow_status::stopped: return colour::red;
  }
  return colour::plain;
}

std::optional<position> checkpoint_of(const flow_view& view) {
  const auto& checkpoint = view.row.checkpoint;
  if (!checkpoint.has_position()) return std::nullopt;
  return position{checkpoint.position()};
}

/// What a row says of the flow's type.
struct standing {
  bool hosted = false;
  bool inert = false;
};

std::string line_of(const flow_view& view, const standing& of) {
  const auto& key = view.row.entry.key;
  const auto& checkpoint = view.row.checkpoint;
  const bool stopped = checkpoint.has_error_position();
  return dump({{"flow", key.text()},
               {"type", std::string{key.type()}},
               {"id", key.has_id() ? json(std::string{key.id()}) : json(nullptr)},
               {"status", name_of(view.status)},
               {"checkpoint", number_or_null(checkpoint_of(view))},
               {"latest", number_or_null(view.row.latest)},
               {"error_position", stopped ? json(checkpoint.error_position()) : json(nullptr)},
               {"error_message", stopped ? json(checkpoint.error_message()) : json(nullptr)},
               {"done", checkpoint.done()},
               {"alive", checkpoint.has_life()},
               {"hosted", of.hosted},
               {"inert", of.inert},
               {"build", static_cast<std::uint32_t>(view.row.entry.build)},
               {"skipped", checkpoint.skipped_count()}});
}

std::string note_of(const flow_view& view, const standing& of) {
  const auto& checkpoint = view.row.checkpoint;
  if (checkpoint.has_error_position()) {
    return fmt::format("event {}: {}", checkpoint.error_position(), checkpoint.error_message());
  }
  if (of.inert) return checkpoint.done() ? "inert, ended" : "inert";
  if (!of.hosted && view.status == flow_status::pending) return "not a flow of this program";
  if (checkpoint.skipped_count() > 0) {
    return counted(checkpoint.skipped_count(), "event") + " skipped";
  }
  return checkpoint.done() ? "ended" : "";
}

std::string line_of(const v1::FlowType& parked, bool hosted) {
  return dump({{"flow", parked.name()},
               {"type", parked.name()},
               {"id", nullptr},
               {"status", name_of(flow_status::stopped)},
               {"checkpoint", nullptr},
               {"latest", nullptr},
               {"error_position", parked.error_position()},
               {"error_message", parked.error_message()},
               {"done", false},
               {"alive", false},
               {"hosted", hosted},
               {"inert", parked.inert()},
               {"build", static_cast<std::uint32_t>(build_of(parked))},
               {"skipped", parked.skipped_size()}});
}

/// A row for each type whose routing is stopped: its flows look idle, but what comes after is not
/// even routed to them.
void show_parked(const context& in, const overview& now, const std::string& wanted, table& rows) {
  for (const auto& [name, type] : now.types()) {
    if (!type.has_error_position() || (!wanted.empty() && wanted != name)) continue;
    if (in.json) {
      in.out.json(line_of(type, now.is_known(name)));
      continue;
    }
    rows.row(
        {name,
         {std::string{name_of(flow_status::stopped)}, colour::red},
         "-",
         "-",
         fmt::format("routing, at event {}: {}", type.error_position(), type.error_message())});
  }
}

}  // namespace

outcome flows(const context& in, const flows_options& options) {
  auto from = in.open_store();
  if (!from) return from.error();
  auto now = in.look(**from);
  if (!now) return now.error();
  const auto& type = options.type;
  bool found = type.empty() || now->types().contains(type) || now->is_known(type);
  table rows{in.out, {{"FLOW"}, {"STATUS"}, {"CHECKPOINT", true}, {"LATEST", true}, {""}}};
  const bool all = !options.pending && !options.stopped;
  const auto visit = [&](const flow_view& view) {
    found = true;
    const bool shown = all || (options.pending && view.status == flow_status::pending) ||
                       (options.stopped && view.status == flow_status::stopped);
    if (!shown) return true;
    const auto of_type = view.row.entry.key.type();
    const standing of{now->is_known(of_type), now->is_inert(of_type)};
    if (in.json) {
      in.out.json(line_of(view, of));
    } else {
      rows.row({view.row.entry.key.text(),
                {std::string{name_of(view.status)}, colour_of(view.status)},
                text_or_dash(checkpoint_of(view)),
                text_or_dash(view.row.latest),
                note_of(view, of)});
    }
    return in.out.is_open();
  };
  const bool few = options.pending && !options.stopped && type.empty();
  if (auto read = few ? now->pending(visit) : now->flows(type, visit); !read) return read.error();
  if (all || options.stopped) show_parked(in, *now, type, rows);
  rows.finish();
  if (!found) return error{errc::not_found, "there is no flow type " + type};
  return exit_code::done;
}

namespace {

std::string line_of(const shown_event& event, const posting& entry, const char* state) {
  auto head = head_of(event);
  head["starts"] = entry.starts;
  head["state"] = state;
  return cli::line_of(head, event);
}

/// Where an entry stands for a flow with this checkpoint.
const char* state_of(const posting& entry, const v1::Checkpoint& checkpoint) {
  if (checkpoint.has_error_position() && entry.at.value == checkpoint.error_position()) {
    return "failed";
  }
  const auto& skipped = checkpoint.skipped();
  if (std::any_of(skipped.begin(), skipped.end(),
                  [&](const v1::Skipped& one) { return one.position() == entry.at.value; })) {
    return "skipped";
  }
  return checkpoint.has_position() && entry.at.value <= checkpoint.position() ? "handled"
                                                                              : "waiting";
}

result<void> print_inbox(const context& in, const millrace::store& from,
                         const v1::Checkpoint& checkpoint, const std::vector<posting>& entries) {
  std::vector<position> wanted;
  wanted.reserve(entries.size());
  for (const auto& entry : entries) wanted.push_back(entry.at);
  table rows{in.out, {{"POSITION", true}, {"STATE"}, {"ROUTE"}, {"TIME"}, {"TYPE"}, {"DATA"}}};
  std::size_t next = 0;
  return from.fetch(wanted, [&](const event_row& row) {
    while (next < entries.size() && entries[next].at < row.at) ++next;
    const auto event = decode(in.known.registry, row);
    const char* state = state_of(entries[next], checkpoint);
    if (in.json) {
      in.out.json(line_of(event, entries[next], state));
    } else {
      rows.row({std::to_string(row.at.value), state, entries[next].starts ? "starts" : "joins",
                to_text(event.time), event.type, excerpt(event, in.out.width())});
    }
    return in.out.is_open();
  });
}

}  // namespace

outcome inbox(const context& in, const inbox_options& options) {
  auto from = in.open_store();
  if (!from) return from.error();
  const auto key = flow_key::parse(options.key);
  overview::watch watched{.key = key, .limit = options.limit};
  if (options.after) watched.after = position{*options.after};
  auto now = in.look(**from, watched);
  if (!now) return now.error();
  auto view = now->find(key);
  if (!view) return view.error();
  if (!*view) return error{errc::not_found, "there is no flow " + options.key};
  auto entries = now->watched_inbox();
  if (!entries) return entries.error();
  const auto& checkpoint = (*view)->row.checkpoint;
  if (auto shown = print_inbox(in, **from, checkpoint, entries->postings); !shown) {
    return shown.error();
  }
  const auto rest = entries->count - entries->postings.size();
  if (!in.json && rest > 0 && !entries->postings.empty()) {
    in.out.line(in.out.paint(colour::dim, fmt::format("{} more: inbox {} --after {}", grouped(rest),
                                                      inert(shell_quoted(options.key)),
                                                      entries->postings.back().at.value)));
  }
  return exit_code::done;
}

}  // namespace millrace::cli
