// switch TYPE: which of a query's results is served.
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/compare.hpp"
#include "cli/daemon.hpp"
#include "documents/done.hpp"
#include "documents/text.hpp"
#include "host/result_comparison.hpp"
#include "service/url.hpp"

namespace millrace::cli {
namespace {

void show(const context& in, const switch_type_options& options, const switch_report& made) {
  if (in.json) {
    in.out.json(documents::switched_line(options.type, made, options.dry_run));
    return;
  }
  if (made.former != made.served) {
    in.out.line(fmt::format("{} {} served in version {}{} (build {})", inert(options.type),
                            options.dry_run ? "would be" : "is", made.version,
                            options.dry_run ? "" : " now", made.served));
  }
  if (made.dropped > 0) {
    in.out.line(fmt::format("{} {} be deleted", counted(made.dropped, "former result"),
                            options.dry_run ? "would" : "will"));
  }
}

/// Shows what there is to decide, also when it cannot be switched yet.
outcome only_look(const context& in, const switch_type_options& options) {
  auto from = in.open_store();
  if (!from) return from.error();
  auto compared = compare_results(**from, in.known.table, in.known.registry, options.type, {});
  if (!compared) return compared.error();
  show_comparison(in, *compared);
  auto planned = plan_switch(**from, options.type, {.drop_old = options.drop_old});
  if (!planned) return planned.error();
  show(in, options, *planned);
  return exit_code::done;
}

outcome switch_by_daemon(const context& in, const error& why, const switch_type_options& options) {
  if (why.code != errc::in_use) return why;
  const daemon_call wanted{fmt::format("/v1/types/{}/switch", service::escaped(options.type)),
                           {{"drop_old", options.drop_old ? "true" : "false"}}};
  auto answer = answer_of_daemon(in, wanted);
  if (!answer) return answer.error();
  if (!*answer) return why;
  const auto made = json::parse(**answer);
  show(in, options,
       {.former = made["former"].get<std::uint32_t>(),
        .served = made["served"].get<std::uint32_t>(),
        .version = made["version"].get<std::uint32_t>(),
        .dropped = made["dropped"].get<std::size_t>()});
  return exit_code::done;
}

}  // namespace

outcome switch_type(const context& in, const switch_type_options& options) {
  if (options.dry_run) return only_look(in, options);
  auto opened = in.open_host({.run_flows = false}, false);
  if (!opened) return switch_by_daemon(in, opened.error(), options);
  auto switched = (*opened)->switch_type(options.type, {.drop_old = options.drop_old});
  (*opened)->stop();
  if (!switched) return switched.error();
  show(in, options, *switched);
  return exit_code::done;
}

}  // namespace millrace::cli
