#include "dpkg-flows/import_command.hpp"

#include <ostream>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "dpkg-flows/follow.hpp"
#include "dpkg-flows/importer.hpp"
#include "dpkg-flows/log_files.hpp"
#include "dpkg-flows/log_line.hpp"
#include "dpkg-flows/log_reader.hpp"

namespace dpkg_flows {
namespace {

using millrace::application;
using millrace::errc;
using millrace::error;
using millrace::result;

constexpr std::string_view log_directory = "/var/log";

void show_progress(std::ostream& to, std::uint64_t done, std::uint64_t all) {
  const auto percent = all == 0 ? 100 : done * 100 / all;
  to << fmt::format("\r{} of {} lines ({} %)\033[K", done, all, percent);
}

std::string counted(std::uint64_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

void tell_problems(std::ostream& to, const import_outcome& outcome) {
  for (const auto& bad : outcome.problems) {
    to << fmt::format("dpkg-flows: skipped {}: {}\n", bad.where, bad.why);
  }
  for (const auto& name : outcome.cut) {
    to << fmt::format("dpkg-flows: {}: ends within a line, which is left for later\n", name);
  }
}

void tell(std::ostream& to, const import_outcome& outcome, bool json) {
  if (json) {
    const nlohmann::ordered_json line = {{"files", outcome.files},
                                         {"lines", outcome.lines},
                                         {"appended", outcome.appended},
                                         {"known", outcome.lines - outcome.appended},
                                         {"bad", outcome.bad}};
    to << line.dump() << '\n';
  } else {
    to << fmt::format(
        "{} appended; {} in {}, {} known before{}\n", counted(outcome.appended, "new line"),
        counted(outcome.lines, "line"), counted(outcome.files, "file"),
        outcome.lines - outcome.appended,
        outcome.bad == 0 ? "" : fmt::format("; {} skipped", counted(outcome.bad, "bad line")));
  }
  to.flush();
}

int fail(std::ostream& to, const error& why, std::uint64_t appended) {
  to << fmt::format("dpkg-flows: {}\n", why.message);
  if (why.code == errc::invalid || appended > 0) {
    to << fmt::format("dpkg-flows: {} appended before that\n", counted(appended, "line"));
  }
  return application::exit_code(why.code);
}

int import_once(millrace::host& host, const application::command_call& call,
                const import_request& request) {
  const auto files = find_log_files(request.places);
  if (!files) return fail(call.err, files.error(), 0);
  import_options options{.skip_bad = request.skip_bad, .progress = {}, .ends = call.ends};
  if (call.shows_progress) {
    options.progress = [&](std::uint64_t done, std::uint64_t all) {
      show_progress(call.err, done, all);
    };
  }
  importer imports{host};
  const auto outcome = imports.import(*files, options);
  if (call.shows_progress) call.err << "\r\033[K";
  if (!outcome) return fail(call.err, outcome.error(), imports.appended());
  tell_problems(call.err, *outcome);
  tell(call.out, *outcome, request.json);
  return 0;
}

int import_and_follow(millrace::host& host, const application::command_call& call,
                      const import_request& request) {
  const follow_options options{
      .places = request.places, .skip_bad = request.skip_bad, .ends = call.ends};
  const auto ended = follow(host, options, [&](const import_outcome& outcome) {
    tell_problems(call.err, outcome);
    tell(call.out, outcome, request.json);
  });
  return ended.failure ? fail(call.err, *ended.failure, ended.appended) : 0;
}

/// Where whoever asked stands.
result<import_request> request_of(const application::command_call& call) {
  auto request = parse_import(call.arguments);
  if (!request) return request;
  for (auto& place : request->places) place = call.path(place);
  return request;
}

int run_import(millrace::host& host, const application::command_call& call) {
  const auto request = request_of(call);
  if (!request) return fail(call.err, request.error(), 0);
  return request->follow ? import_and_follow(host, call, *request)
                         : import_once(host, call, *request);
}

/// As the import itself would: every line is looked at.
result<void> look_through(const log_file& file, bool skip_bad) {
  auto reader = log_reader::open(file);
  if (!reader) return reader.error();
  const auto seen =
      reader->each_line([&](std::string_view text, std::uint64_t number) -> result<void> {
        if (skip_bad) return {};
        const auto line = parse_line(text);
        if (line) return {};
        return error{errc::undecodable,
                     fmt::format("{}:{}: {}", reader->name(), number, line.error().message)};
      });
  if (!seen) return seen.error();
  return {};
}

}  // namespace

result<import_request> parse_import(const std::vector<std::string>& arguments) {
  import_request request;
  bool only_paths = false;
  for (const auto& word : arguments) {
    if (only_paths || !word.starts_with('-')) {
      request.places.emplace_back(word);
    } else if (word == "--") {
      only_paths = true;
    } else if (word == "--follow") {
      request.follow = true;
    } else if (word == "--skip-bad") {
      request.skip_bad = true;
    } else if (word == "--json") {
      request.json = true;
    } else {
      return error{errc::invalid, fmt::format("there is no option {}", word)};
    }
  }
  if (request.places.empty()) request.places.emplace_back(log_directory);
  return request;
}

result<application::store_use> store_for_import(const application::command_call& call) {
  const auto request = request_of(call);
  if (!request) return request.error();
  const auto files = find_log_files(request->places);
  if (!files) return files.error();
  for (const auto& file : *files) {
    if (auto good = look_through(file, request->skip_bad); !good) return good.error();
  }
  return request->follow ? application::store_use::runs : application::store_use::appends;
}

millrace::application::command import_command() {
  return {.name = "import-log",
          .help = "Append what is new in a dpkg log",
          .arguments = "[PATH...] [--follow] [--skip-bad] [--json]",
          .needs = store_for_import,
          .run = run_import,
          .interruptible = true};
}

}  // namespace dpkg_flows
