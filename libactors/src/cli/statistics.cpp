// statistics [KEY|TYPE]: how far flows are.
#include "cli/statistics.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.hpp"
#include "cli/commands.hpp"
#include "documents/statistics.hpp"
#include "documents/text.hpp"
#include "host/figures.hpp"

namespace millrace::cli {
namespace {

/// `0.25 s`, `12 s`, `3 min`, `2 days`.
std::string span_in_words(duration span) {
  const std::chrono::duration<double> seconds = span;
  if (seconds.count() < 10) return fmt::format("{:.2f} s", std::max(0.0, seconds.count()));
  const auto whole = std::chrono::floor<std::chrono::seconds>(span).count();
  return whole < 120       ? fmt::format("{} s", whole)
         : whole < 7200    ? fmt::format("{} min", whole / 60)
         : whole < 172'800 ? fmt::format("{} h", whole / 3600)
                           : fmt::format("{} days", whole / 86'400);
}

std::string span_or_dash(std::optional<duration> span) { return span ? span_in_words(*span) : "-"; }

std::string bytes_in_words(std::uint64_t bytes) {
  const auto part = static_cast<double>(bytes);
  if (bytes < 10'000) return fmt::format("{} B", bytes);
  if (bytes < 10'000'000) return fmt::format("{:.1f} kB", part / 1e3);
  if (bytes < 10'000'000'000) return fmt::format("{:.1f} MB", part / 1e6);
  return fmt::format("{:.1f} GB", part / 1e9);
}

std::string error_in_words(const std::optional<flow_statistics::failure>& last) {
  if (!last) return "";
  return fmt::format("{}{} at event {}: {}", last->flow, last->skipped ? " skipped" : "",
                     last->at.value, last->message);
}

std::string shown_name(const flow_statistics& of) { return of.name.empty() ? "all" : of.name; }

}  // namespace

void show_standing(const context& in, const host_statistics& of) {
  table rows{in.out,
             {{"TYPE"},
              {"FLOWS", true},
              {"PENDING", true},
              {"STOPPED", true},
              {"CHECKPOINT", true},
              {"LATEST", true},
              {"LAG", true},
              {"OLDEST", true},
              {"STATE", true},
              {"LAST ERROR"}}};
  const auto show = [&](const flow_statistics& one) {
    rows.row({shown_name(one),
              grouped(one.flows),
              grouped(one.pending),
              {grouped(one.stopped), one.stopped > 0 ? colour::red : colour::plain},
              text_or_dash(one.checkpoint),
              text_or_dash(one.latest),
              grouped(one.lag),
              span_or_dash(one.oldest_age(of.at)),
              bytes_in_words(one.state_size),
              error_in_words(one.last_error)});
  };
  for (const auto& type : of.types) show(type);
  if (of.types.size() != 1) show(of.all);
  rows.finish();
  for (const auto& type : of.types) {
    if (type.back_fill) in.out.line(inert(type.name) + ": " + in_words(*type.back_fill));
  }
}

void show_activity(const context& in, const host_statistics& of) {
  table rows{in.out,
             {{"TYPE"},
              {"HANDLED", true},
              {"PER SECOND", true},
              {"BATCHES", true},
              {"HALF UP TO", true},
              {"95 % UP TO", true},
              {"99 % UP TO", true},
              {"FULL", true},
              {"AGED", true},
              {"DRY", true},
              {"READING", true},
              {"LAG", true},
              {"CAUGHT UP IN", true}}};
  const auto show = [&](const flow_statistics& one) {
    const auto& did = one.activity;
    rows.row({shown_name(one), grouped(did.handled), grouped(static_cast<std::uint64_t>(did.rate)),
              grouped(did.sizes.count), grouped(did.sizes.p50), grouped(did.sizes.p95),
              grouped(did.sizes.p99), grouped(did.causes.full), grouped(did.causes.aged),
              grouped(did.causes.dry), grouped(did.causes.reading), grouped(one.lag),
              span_or_dash(one.to_catch_up())});
  };
  for (const auto& type : of.types) show(type);
  show(of.all);
}

namespace {

void show_flow(const context& in, const flow_statistics& of, timestamp now) {
  const auto line = [&](std::string_view name, const std::string& value) {
    in.out.line(fmt::format("  {:<12} {}", name, inert(value)));
  };
  in.out.line(inert(of.name));
  line("checkpoint", text_or_dash(of.checkpoint));
  line("latest", text_or_dash(of.latest));
  line("lag", counted(of.lag, "event"));
  if (of.oldest) {
    line("oldest",
         fmt::format("event {}, {} old", of.oldest->value, span_or_dash(of.oldest_age(now))));
  }
  line("state", bytes_in_words(of.state_size));
  if (of.last_error) {
    line("last error", fmt::format("event {}{}: {}", of.last_error->at.value,
                                   of.last_error->skipped ? ", skipped" : ", stopped on it",
                                   of.last_error->message));
  }
}

outcome one_flow(const context& in, const millrace::store& from, const overview& now,
                 const flow_view& view) {
  auto waits = now.waiting(view);
  if (!waits) return waits.error();
  auto of = figures_of(from, view, *waits);
  if (!of) return of.error();
  if (auto dated = date_oldest(from, *of); !dated) return dated.error();
  const auto at = system_clock{}.now();
  if (in.json) {
    in.out.json(dump(json_of(*of, at, false)));
  } else {
    show_flow(in, *of, at);
  }
  return exit_code::done;
}

}  // namespace

outcome statistics(const context& in, const std::string& name) {
  auto from = in.open_store();
  if (!from) return from.error();
  auto now = in.look(**from);
  if (!now) return now.error();
  if (!name.empty()) {
    auto view = now->find(flow_key::parse(name));
    if (!view) return view.error();
    if (*view) return one_flow(in, **from, *now, **view);
  }
  auto of = statistics_of(**from, *now, name, system_clock{}.now());
  if (!of) return of.error();
  if (!name.empty() && of->types.empty()) {
    return error{errc::not_found, "there is no flow and no flow type " + name};
  }
  if (!in.json) {
    show_standing(in, *of);
    return exit_code::done;
  }
  for (const auto& type : of->types) in.out.json(dump(json_of(type, of->at, false)));
  if (name.empty()) in.out.json(dump(json_of(of->all, of->at, false)));
  return exit_code::done;
}

}  // namespace millrace::cli
