// flows, inbox: what there is, and what waits.
#include <fmt/format.h>

#include "base/time_text.hpp"
#include "cli/commands.hpp"
#include "documents/flow.hpp"
#include "documents/flows.hpp"
#include "documents/statistics.hpp"
#include "documents/text.hpp"

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

std::string note_of(const flow_view& view, const standing& of) {
  const auto& checkpoint = view.row.checkpoint;
  if (checkpoint.has_error_position()) {
    return fmt::format("{}event {}: {}", of.inert ? "inert, " : "", checkpoint.error_position(),
                       checkpoint.error_message());
  }
  if (of.inert) return checkpoint.done() ? "inert, ended" : "inert";
  if (!of.hosted && view.status == flow_status::pending) return "not a flow of this program";
  if (checkpoint.skipped_count() > 0) {
    return counted(checkpoint.skipped_count(), "event") + " skipped";
  }
  return checkpoint.done() ? "ended" : "";
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

void show_back_fills(const context& in, const overview& now, const std::string& wanted,
                     table& rows) {
  for (const auto& [name, progress] : now.back_fills()) {
    if (!wanted.empty() && wanted != name) continue;
    if (in.json) {
      in.out.json(documents::back_fill_line(name, progress, now.is_known(name)));
      continue;
    }
    rows.row({name, {"back-fill", colour::yellow}, "-", "-", in_words(progress)});
  }
}

/// A row for each query whose former result is served although the newer one has been given all.
void show_served(const context& in, const overview& now, const std::string& wanted, table& rows) {
  for (const auto& [name, served] : now.served_beside()) {
    if (now.back_fill(name) || (!wanted.empty() && wanted != name)) continue;
    const auto& newer = now.types().find(name)->second;
    if (in.json) {
      in.out.json(documents::served_line(newer, served, now.is_known(name)));
      continue;
    }
    rows.row({name,
              {"beside", colour::yellow},
              "-",
              "-",
              fmt::format("version {} (build {}) is not served yet; {}", newer.version(),
                          static_cast<std::uint32_t>(build_of(newer)), in_words(served))});
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
    const auto of = standing_of(*now, of_type);
    if (in.json) {
      in.out.json(line_of(view, of));
    } else {
      rows.row({view.row.entry.key.text(),
                {std::string{name_of(view.status)}, colour_of(view.status)},
                text_or_dash(checkpoint_of(view.row.checkpoint)),
                text_or_dash(view.row.latest),
                note_of(view, of)});
    }
    return in.out.is_open();
  };
  const bool few = options.pending && !options.stopped && type.empty();
  if (auto read = few ? now->pending(visit) : now->flows(type, visit); !read) return read.error();
  if (all || options.stopped) show_parked(in, *now, type, rows);
  if (all || options.pending) show_back_fills(in, *now, type, rows);
  if (all) show_served(in, *now, type, rows);
  rows.finish();
  if (!found) return error{errc::not_found, "there is no flow type " + type};
  return exit_code::done;
}

outcome inbox(const context& in, const inbox_options& options) {
  auto from = in.open_store();
  if (!from) return from.error();
  documents::inbox_wish wanted{.key = flow_key::parse(options.key), .limit = options.limit};
  if (options.after) wanted.after = position{*options.after};
  table rows{in.out, {{"POSITION", true}, {"STATE"}, {"ROUTE"}, {"TIME"}, {"TYPE"}, {"DATA"}}};
  auto page = read_inbox(in.source_of(**from), wanted, [&](const documents::inbox_entry& one) {
    const auto& event = one.event;
    if (in.json) {
      in.out.json(line_of(one));
    } else {
      rows.row({std::to_string(event.at.value), std::string{one.state},
                one.entry.starts ? "starts" : "joins", to_text(event.time), event.type,
                excerpt(event, in.out.width())});
    }
    return in.out.is_open();
  });
  if (!page) return page.error();
  rows.finish();
  if (!in.json && page->rest > 0 && page->last) {
    in.out.line(in.out.paint(colour::dim,
                             fmt::format("{} more: inbox {} --after {}", grouped(page->rest),
                                         inert(shell_quoted(options.key)), page->last->value)));
  }
  return exit_code::done;
}

}  // namespace millrace::cli
