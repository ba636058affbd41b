// export: the timeline as lines that import reads. docs/formats/events.md
#include <fmt/format.h>

#include <algorithm>

#include "cli/commands.hpp"
#include "documents/text.hpp"
#include "exchange/event_line_writer.hpp"

namespace millrace::cli {
namespace {

constexpr std::size_t write_size = std::size_t{64} << 10;
constexpr std::uint64_t events_per_look = 1024;

}  // namespace

outcome export_timeline(const context& in, const export_options& options) {
  auto from = in.open_store();
  if (!from) return from.error();
  const position tail = (*from)->tail();
  const position end = options.to && *options.to < tail.value ? position{*options.to}.next() : tail;
  progress bar = in.long_work("exporting");
  exchange::event_line_writer writer;
  std::string lines;
  std::uint64_t count = 0;
  std::optional<position> damaged;
  auto read = (*from)->scan({options.from}, end, [&](const event_row& row) {
    if (!writer.write(row, lines)) {
      damaged = row.at;
      return false;
    }
    if (lines.size() >= write_size) {
      in.out.raw(lines);
      lines.clear();
    }
    if (++count % events_per_look == 0) {
      bar.tell(row.at.value - options.from, end.value - options.from);
    }
    return in.out.is_open();
  });
  in.out.raw(lines);
  bar.wipe();
  if (!read) return read.error();
  if (!damaged) return exit_code::done;
  return error{errc::corrupt, fmt::format("the type of event {} is no text", damaged->value)};
}

}  // namespace millrace::cli
