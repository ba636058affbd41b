// flow KEY --at POSITION and what-if KEY: one flow as it was, and as it would be.
#include "documents/past.hpp"

#include <fmt/format.h>

#include "base/time_text.hpp"
#include "cli/commands.hpp"
#include "documents/text.hpp"

namespace millrace::cli {
namespace {

constexpr std::size_t excerpt_width = 200;

std::string life_in_words(const past_view& then) {
  if (then.alive) return fmt::format("alive since {}", then.life->value);
  return then.ended ? fmt::format("ended at {}", then.ended->value) : "not started";
}

void say(const context& in, std::string_view name, const std::string& value) {
  in.out.line(fmt::format("  {:<12} {}", name, inert(value)));
}

std::string outcome_in_words(const what_if_report& found) {
  if (found.failed) return "fails: " + *found.failed;
  if (found.passes_by) return "passes by: there is no living instance";
  return "is handled";
}

void show(const context& in, const documents::possible_flow& of) {
  const auto& found = of.found;
  const auto name = of.event ? named(*of.event) : fmt::format("event {}", found.at.value);
  in.out.line(fmt::format(
      "{} on {}, with the present code; nothing is saved:", inert(of.key.text()), name));
  if (of.event) in.out.line("  payload      " + excerpt(*of.event, excerpt_width));
  say(in, "outcome", outcome_in_words(found));
  for (const auto& one : found.decided.reactions) {
    const auto due = one.due ? " due " + to_text(*one.due) : std::string{};
    say(in, "emits", fmt::format("{} {} {}{}", one.ordinal, one.type, data_of(one), due));
  }
  for (const auto& type : cancelled_types(found.decided)) say(in, "cancels", "timers of " + type);
  if (!found.failed) say(in, "life", is_done(found) ? "done" : found.alive ? "alive" : "not alive");
  if (!of.state.empty()) say(in, "state", of.state);
}

}  // namespace

outcome flow_at(const context& in, const show_flow_options& options) {
  auto from = in.open_store();
  if (!from) return from.error();
  const position at{options.at.value_or(0)};
  auto past = documents::look_back(in.source_of(**from), flow_key::parse(options.key), at);
  if (!past) return past.error();
  if (in.json) {
    in.out.json(line_of(*past));
    return exit_code::done;
  }
  in.out.line(fmt::format("{} after event {}", inert(options.key), at.value));
  say(in, "life", life_in_words(past->then));
  if (!past->state.empty()) say(in, "state", past->state);
  return exit_code::done;
}

outcome what_if(const context& in, const std::string& key) {
  auto from = in.open_store();
  if (!from) return from.error();
  auto of = documents::what_if(in.source_of(**from), flow_key::parse(key));
  if (!of) return of.error();
  if (in.json) {
    in.out.json(line_of(*of));
  } else {
    show(in, *of);
  }
  return exit_code::done;
}

}  // namespace millrace::cli
