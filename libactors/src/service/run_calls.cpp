// The application's own commands: GET /v1/run, POST /v1/run/NAME.
#include "base/service_limits.hpp"
#include "documents/event.hpp"
#include "service/endpoints.hpp"
#include "service/json_members.hpp"
#include "service/problem.hpp"
#include "service/run_desk.hpp"

namespace millrace::service {
namespace {

result<void> read_member(const member& of, run_desk::wish& into) {
  if (of.name == "arguments") {
    if (!of.value.starts_with('[')) return error{errc::invalid, "arguments is an array of texts"};
    return each_value(of.value, [&](std::string_view one) -> result<void> {
      auto text = text_of({of.name, one});
      if (!text) return text.error();
      into.arguments.push_back(std::move(*text));
      return {};
    });
  }
  if (of.name == "directory") {
    auto text = text_of(of);
    if (!text) return text.error();
    if (!text->starts_with('/')) return error{errc::invalid, "directory is an absolute path"};
    into.directory = std::move(*text);
    return {};
  }
  if (of.name == "input") {
    auto text = text_of(of);
    if (!text) return text.error();
    into.input = std::move(*text);
    return {};
  }
  if (of.name == "progress" && (of.value == "true" || of.value == "false")) {
    into.shows_progress = of.value == "true";
    return {};
  }
  return error{errc::invalid, "a run is made of arguments, directory, input, progress (a boolean)"};
}

result<run_desk::wish> wish_of(const call& asked) {
  run_desk::wish made{.command = asked.variable("command")};
  if (asked.asked.body.empty()) return made;
  auto members = members_of(asked.asked.body);
  if (!members) return members.error();
  for (const auto& one : *members) {
    if (auto read = read_member(one, made); !read) return read.error();
  }
  return made;
}

response run_command(const call& asked) {
  auto wanted = wish_of(asked);
  if (!wanted) return problem(wanted.error());
  auto begun = asked.of.runs.start(*wanted);
  if (!begun) return problem(begun.error());
  response made;
  made.content_type = "application/x-ndjson";
  made.more = std::move(*begun);
  return made;
}

response list_commands(const call& asked) {
  page rows{asked, "commands"};
  for (const auto& one : asked.of.runs.commands()) {
    static_cast<void>(rows.add(documents::dump({{"name", one.name},
                                                {"help", one.help},
                                                {"arguments", one.arguments},
                                                {"reads_input", one.reads_input}})));
  }
  return std::move(rows).finish({});
}

}  // namespace

std::vector<endpoint> run_endpoints() {
  return {
      {.method = "GET",
       .path = "/v1/run",
       .summary = "The application's own commands",
       .answer = list_commands},
      {.method = "POST",
       .path = "/v1/run/{command}",
       .summary = "Run one here: lines of out and err as it writes, then its exit code",
       .needs = access::everything,
       .accepted = {"application/json"},
       .answer = run_command},
  };
}

}  // namespace millrace::service
