// trace POSITION: why an event came to be, and what came of it.
#include "cli/trace.hpp"

#include <fmt/format.h>

#include "base/time_text.hpp"
#include "documents/text.hpp"

namespace millrace::cli {
namespace {

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

}  // namespace

std::vector<std::string> tree_lines(const trace_report& report, const output& look) {
  return tree_writer{report, look}.write();
}

outcome trace(const context& in, const documents::trace_limits& options) {
  auto from = in.open_store();
  if (!from) return from.error();
  auto report = trace_events(**from, in.known.registry, options);
  if (!report) return report.error();
  if (in.json) {
    for (const auto& line : lines_of(*report)) in.out.json(line);
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
