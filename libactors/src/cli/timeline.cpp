// timeline: shows events, and goes on showing them with --follow.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "base/time_text.hpp"
#include "cli/commands.hpp"
#include "cli/signals.hpp"
#include "documents/event.hpp"
#include "documents/text.hpp"

namespace millrace::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto follow_interval = 50ms;
constexpr std::size_t type_width_first = 20;

/// Prints events one by one. Columns grow with what they meet: nothing is read twice for the sake
/// of a straight edge.
class event_printer {
 public:
  event_printer(const context& in, position tail) : in_(in) {
    position_width_ = std::to_string(tail.value).size();
  }

  void print(const shown_event& event) {
    if (in_.json) return in_.out.json(line_of(head_of(event), event));
    const auto type = inert(event.type);
    type_width_ = std::max(type_width_, shown_width(type));
    const auto time = to_text(event.time);
    std::string line = fmt::format("{:>{}}  ", event.at.value, position_width_);
    line += in_.out.paint(colour::dim, time) + "  " + in_.out.paint(colour::bold, type);
    line.append(type_width_ - shown_width(type) + 2, ' ');
    const auto used = position_width_ + time.size() + type_width_ + 6;
    const auto beside = remarks(event);
    line += excerpt(event, room(used, shown_width(beside)));
    if (!beside.empty()) line += "  " + in_.out.paint(colour::dim, "(" + beside + ")");
    in_.out.line(line);
  }

 private:
  /// Columns for the payload; 0: no limit.
  [[nodiscard]] std::size_t room(std::size_t used, std::size_t beside) const {
    const auto width = in_.out.width();
    if (width == 0) return 0;
    if (beside > 0) used += beside + 4;
    return width > used + 20 ? width - used : 20;
  }

  const context& in_;
  std::size_t position_width_ = 1;
  std::size_t type_width_ = type_width_first;
};

/// What is left to show.
struct cursor {
  position next;
  std::uint64_t left = UINT64_MAX;
};

result<void> show(const context& in, const store& from, const timeline_options& options,
                  event_printer& printer, cursor& at) {
  const position tail = from.tail();
  if (at.next >= tail || at.left == 0) return {};
  auto read = from.scan(at.next, tail, [&](const event_row& row) {
    at.next = row.at.next();
    if (!options.type.empty() && row.type != options.type) return in.out.is_open();
    printer.print(decode(in.known.registry, row));
    return --at.left > 0 && in.out.is_open();
  });
  if (!read) return read;
  if (at.left > 0 && in.out.is_open()) at.next = std::max(at.next, tail);
  return {};
}

}  // namespace

outcome timeline(const context& in, const timeline_options& options) {
  auto from = in.open_store();
  if (!from) return from.error();
  const store& events = **from;
  event_printer printer{in, events.tail()};
  cursor at{{options.from}, options.limit.value_or(UINT64_MAX)};
  if (!options.follow) {
    if (auto shown = show(in, events, options, printer, at); !shown) return shown.error();
    return exit_code::done;
  }
  const interrupts stop;
  do {
    if (auto shown = show(in, events, options, printer, at); !shown) return shown.error();
    in.out.flush();
  } while (at.left > 0 && in.out.is_open() && !stop.wait(follow_interval, STDOUT_FILENO));
  return exit_code::done;
}

}  // namespace millrace::cli
