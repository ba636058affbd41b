#include "dpkg-flows/report_command.hpp"

#include <fmt/format.h>

#include "dpkg-flows/import_command.hpp"

namespace dpkg_flows {
namespace {

int run_report(millrace::host& host, const std::vector<std::string>& arguments) {
  bool all = false, json = false;
  for (const auto& word : arguments) {
    if (word != "--all" && word != "--json") {
      fmt::print(stderr, "report: there is no option {}\n", word);
      return 2;
    }
    (word == "--all" ? all : json) = true;
  }
  const auto data = collect_report(host);
  if (!data) {
    fmt::print(stderr, "report: {}\n", data.error().message);
    return exit_code_of(data.error().code);
  }
  fmt::print("{}", json ? report_json(*data) + '\n' : report_text(*data, all));
  if (data->flows_waiting > 0) {
    fmt::print(stderr,
               "{} flows have events waiting; `dpkg-flows run --until-caught-up` lets them"
               " handle these\n",
               data->flows_waiting);
  }
  if (data->flows_stopped > 0) {
    fmt::print(stderr, "{} flows have stopped; `dpkg-flows flows --stopped` says why\n",
               data->flows_stopped);
  }
  return 0;
}

}  // namespace

millrace::application::command report_command() {
  return {.name = "report",
          .help = "upgrades, sessions, unfinished packages and daily activity: [--all] [--json]",
          .run_flows = false,
          .run = run_report};
}

}  // namespace dpkg_flows
