// switch TYPE: which of a query's results is served.
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "documents/done.hpp"
#include "documents/text.hpp"

namespace millrace::cli {

outcome switch_type(const context& in, const switch_type_options& options) {
  auto opened = in.open_host({.run_flows = false}, false);
  if (!opened) return opened.error();
  auto switched = (*opened)->switch_type(options.type, {.drop_old = options.drop_old});
  (*opened)->stop();
  if (!switched) return switched.error();
  if (in.json) {
    in.out.json(documents::switched_line(options.type, *switched));
    return exit_code::done;
  }
  if (switched->former != switched->served) {
    in.out.line(fmt::format("{} is served in version {} now (build {})", inert(options.type),
                            switched->version, switched->served));
  }
  if (switched->dropped > 0) {
    in.out.line(counted(switched->dropped, "former result") + " will be deleted");
  }
  return exit_code::done;
}

}  // namespace millrace::cli
