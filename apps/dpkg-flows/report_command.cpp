#include "dpkg-flows/report_command.hpp"

#include <ostream>

#include <fmt/format.h>

namespace dpkg_flows {
namespace {

using millrace::application;
using millrace::errc;
using millrace::error;
using millrace::result;

result<application::store_use> store_for(const application::command_call& call) {
  for (const auto& word : call.arguments) {
    if (word != "--all" && word != "--json") {
      return error{errc::invalid, fmt::format("there is no option {}", word)};
    }
  }
  return application::store_use::reads;
}

int run_report(millrace::host& host, const application::command_call& call) {
  bool all = false, json = false;
  for (const auto& word : call.arguments) (word == "--all" ? all : json) = true;
  const auto data = collect_report(host);
  if (!data) {
    call.err << "dpkg-flows: " << data.error().message << '\n';
    return application::exit_code(data.error().code);
  }
  call.out << (json ? report_json(*data) + '\n' : report_text(*data, all));
  if (data->flows_waiting > 0) {
    call.err << fmt::format(
        "dpkg-flows: {} flows have events waiting; `dpkg-flows run --until-caught-up` lets them"
        " handle these\n",
        data->flows_waiting);
  }
  if (data->flows_stopped > 0) {
    call.err << fmt::format(
        "dpkg-flows: {} flows have stopped; `dpkg-flows flows --stopped` says why\n",
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
