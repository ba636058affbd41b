// resume: the manifest, what has work to do. docs/formats/manifest.md
#include "cli/commands.hpp"
#include "documents/schedule.hpp"

namespace millrace::cli {

outcome resume(const context& in) {
  auto from = in.open_store();
  if (!from) return from.error();
  auto now = in.look(**from);
  if (!now) return now.error();
  auto line = manifest_line(**from, *now);
  if (!line) return line.error();
  in.out.json(*line);
  return exit_code::done;
}

}  // namespace millrace::cli
