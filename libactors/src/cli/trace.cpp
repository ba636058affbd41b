// trace POSITION: why an event came to be, and what came of it.
#include "cli/trace.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/time_text.hpp"
#include "cli/text.hpp"

namespace millrace::cli {
namespace {

/// Effects of a cause: what the index has, and what came after its end.
class effect_reader {
 public:
  static result<effect_reader> over(const millrace::store& from) {
    effect_reader made{from};
    auto indexed = from.routed();
    if (!indexed) return indexed.error();
    made.indexed_ = *indexed;
    auto read = from.scan(*indexed, from.tail(), [&](const event_row& row) {
      v1::Envelope envelope;
      if (envelope.ParseFromArray(row.envelope.data(), static_cast<int>(row.envelope.size())) &&
          envelope.has_cause()) {
        made.later_[position{envelope.cause()}].push_back(row.at);
      }
      return true;
    });
    if (!read) return read.error();
    return made;
  }

  [[nodiscard]] result<std::vector<position>> of(position cause) const {
    auto found = from_.effects(cause);
    if (!found) return found;
    std::erase_if(*found, [&](position at) { return at >= indexed_ || at <= cause; });
    const auto later = later_.find(cause);
    if (later != later_.end())
      found->insert(found->end(), later->second.begin(), later->second.end());
    return found;
  }

 private:
  explicit effect_reader(const millrace::store& from) : from_(from) {}
  const millrace::store& from_;
  position indexed_;
  std::map<position, std::vector<position>> later_;
};

result<void> climb(const millrace::store& from, const type_registry& types,
                   const trace_options& options, trace_report& made) {
  shown_event below = made.below.front().event;
  while (below.envelope.has_cause()) {
    const position cause{below.envelope.cause()};
    // A cause after its effect is damage (verify names it), and could lead round in a circle.
    if (cause >= below.at) break;
    if (made.above.size() == options.depth) {
      made.above_cut = true;
      break;
    }
    auto event = read_event(from, types, cause);
    if (!event && event.error().code == errc::not_found) break;
    if (!event) return event.error();
    below = *event;
    made.above.push_back(std::move(*event));
  }
  std::reverse(made.above.begin(), made.above.end());
  return {};
}

/// Level by level, so that a limit cuts far effects before near ones.
result<void> descend(const millrace::store& from, const type_registry& types,
                     const trace_options& options, trace_report& made) {
  auto effects = effect_reader::over(from);
  if (!effects) return effects.error();
  std::set<position> seen{made.below.front().event.at};
  for (std::size_t i = 0; i < made.below.size(); ++i) {
    auto found = effects->of(made.below[i].event.at);
    if (!found) return found.error();
    std::erase_if(*found, [&](position at) { return seen.contains(at); });
    const auto room = options.limit + 1 - std::min(options.limit + 1, made.below.size());
    const bool too_deep = made.below[i].level >= options.depth;
    const auto shown = too_deep ? 0 : std::min<std::uint64_t>(room, found->size());
    made.below[i].hidden = found->size() - shown;
    found->resize(shown);
    seen.insert(found->begin(), found->end());
    auto read = from.fetch(*found, [&](const event_row& row) {
      made.below[i].effects.push_back(made.below.size());
      made.below.push_back({.event = decode(types, row), .level = made.below[i].level + 1});
      return true;
    });
    if (!read) return read;
  }
  return {};
}

std::string delay(timestamp from, timestamp to) {
  const double seconds = std::chrono::duration<double>(to - from).count();
  if (seconds < 0) return fmt::format("{:.3g} s", seconds);
  if (seconds < 0.001) return "+0 s";
  if (seconds < 100) return fmt::format("+{:.3g} s", seconds);
  if (seconds < 7200) return fmt::format("+{:.0f} min", seconds / 60);
  if (seconds < 172'800) return fmt::format("+{:.1f} h", seconds / 3600);
  return fmt::format("+{:.1f} days", seconds / 86'400);
}

std::string text_of(const shown_event& event, const shown_event* cause, const output& look,
                    bool is_asked) {
  auto shown = event;
  if (!shown.envelope.from_schedule()) shown.envelope.clear_cause();  // the tree shows it
  auto text = fmt::format("{}  {}  {}", event.at.value,
                          look.paint(is_asked ? colour::green : colour::bold, inert(event.type)),
                          look.paint(colour::dim, to_text(event.time)));
  if (cause != nullptr) text += "  " + look.paint(colour::dim, delay(cause->time, event.time));
  if (const auto beside = remarks(shown); !beside.empty()) text += "  (" + beside + ")";
  return is_asked ? text + "  <" : text;
}

class tree_writer {
 public:
  tree_writer(const trace_report& report, const output& look) : report_(report), look_(look) {}

  std::vector<std::string> write() && {
    const shown_event* cause = nullptr;
    if (report_.above_cut) lines_.emplace_back("… (further causes above)");
    for (const auto& event : report_.above) {
      add(event, cause, {.is_last = true});
      cause = &event;
    }
    subtree(0, cause, true);
    return std::move(lines_);
  }

 private:
  struct place {
    bool is_last = true;
    bool is_asked = false;
  };

  void add(const shown_event& event, const shown_event* cause, place at) {
    const bool is_root = lines_.empty();
    const char* branch = is_root ? "" : at.is_last ? "└─ " : "├─ ";
    lines_.push_back(indent_ + branch + text_of(event, cause, look_, at.is_asked));
    if (!is_root) indent_ += at.is_last ? "   " : "│  ";
  }

  void subtree(std::size_t index, const shown_event* cause, bool is_last) {
    const auto& node = report_.below[index];
    const auto indent = indent_;
    add(node.event, cause, {.is_last = is_last, .is_asked = index == 0});
    for (const auto next : node.effects) {
      subtree(next, &node.event, next == node.effects.back() && node.hidden == 0);
    }
    if (node.hidden > 0) {
      lines_.push_back(indent_ + "└─ … (" + counted(node.hidden, "further effect") + ")");
    }
    indent_ = indent;
  }

  const trace_report& report_;
  const output& look_;
  std::string indent_;
  std::vector<std::string> lines_;
};

void print_json(const context& in, const shown_event& event, const char* relation,
                std::uint64_t hidden) {
  auto head = head_of(event);
  head["relation"] = relation;
  if (hidden > 0) head["hidden_effects"] = hidden;
  in.out.json(line_of(head, event));
}

}  // namespace

std::uint64_t trace_report::hidden() const {
  std::uint64_t sum = 0;
  for (const auto& each : below) sum += each.hidden;
  return sum;
}

result<trace_report> trace_events(const millrace::store& from, const type_registry& types,
                                  const trace_options& options) {
  trace_report made;
  auto event = read_event(from, types, position{options.position});
  if (!event) return event.error();
  made.below.push_back({.event = std::move(*event)});
  if (auto done = climb(from, types, options, made); !done) return done.error();
  if (auto done = descend(from, types, options, made); !done) return done.error();
  return made;
}

std::vector<std::string> tree_lines(const trace_report& report, const output& look) {
  return tree_writer{report, look}.write();
}

outcome trace(const context& in, const trace_options& options) {
  auto from = in.open_store();
  if (!from) return from.error();
  auto report = trace_events(**from, in.known.registry, options);
  if (!report) return report.error();
  if (in.json) {
    for (const auto& event : report->above) print_json(in, event, "above", 0);
    for (const auto& each : report->below) {
      print_json(in, each.event, &each == report->below.data() ? "event" : "below", each.hidden);
    }
  } else {
    for (const auto& line : tree_lines(*report, in.out)) in.out.line(line);
  }
  if (report->above_cut || report->hidden() > 0) {
    in.warn(fmt::format("the tree is cut at {} levels and {}; see --depth and --limit",
                        options.depth, counted(options.limit, "event")));
  }
  return exit_code::done;
}

}  // namespace millrace::cli
