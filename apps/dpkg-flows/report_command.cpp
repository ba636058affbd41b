#include "dpkg-flows/report_command.hpp"

#include <fmt/format.h>

namespace dpkg_flows {
namespace {

using millrace::application;
using millrace::errc;
using millrace::error;
using millrace::result;

result<application::store_use> store_for(const std::vector<std::string>& arguments) {
  for (const auto& word : arguments) {
    if (word != "--all" && word != "--json") {
      return error{errc::invalid, fmt::format("there is no option {}", word)};
    }
  }
  return application::store_use::reads;
}

int run_report(millrace::host& host, const std::vector<std::string>& arguments) {
  bool all = false, json = false;
  for (const auto& word : arguments) (word == "--all" ? all : json) = true;
  const auto data = collect_report(host);
  if (!data) {
    fmt::print(stderr, "dpkg-flows: {}\n", data.error().message);
    return application::exit_code(data.error().code);
  }
  fmt::print("{}", json ? report_json(*data) + '\n' : report_text(*data, all));
  if (data->flows_waiting > 0) {
    fmt::print(
        stderr,
        "dpkg-flows: {} flows have events waiting; `dpkg-flows run --until-caught-up` lets them"
        " handle these\n",
        data->flows_waiting);
  }
  if (data->flows_stopped > 0) {
    fmt::print(stderr, "dpkg-flows: {} flows have stopped; `dpkg-flows flows --stopped` says why\n",
               data->flows_stopped);
  }
  return 0;
}

}  // namespace

millrace::application::command report_command() {
  return {.name = "report",
          .help = "Show upgrades, sessions, unfinished packages and daily activity",
          .arguments = "[--all] [--json]",
          .needs = store_for,
          .run = run_report};
}

}  // namespace dpkg_flows
