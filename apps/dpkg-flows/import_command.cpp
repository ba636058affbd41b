#include "dpkg-flows/import_command.hpp"

#include <unistd.h>

#include <cstdio>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "dpkg-flows/follow.hpp"
#include "dpkg-flows/importer.hpp"

namespace dpkg_flows {
namespace {

using millrace::errc;
using millrace::error;
using millrace::result;

constexpr std::string_view log_directory = "/var/log";

void show_progress(std::uint64_t done, std::uint64_t all) {
  const auto percent = all == 0 ? 100 : done * 100 / all;
  fmt::print(stderr, "\r{} of {} lines ({} %)\033[K", done, all, percent);
}

void end_progress() { fmt::print(stderr, "\r\033[K"); }

std::string counted(std::uint64_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

void tell_problems(const import_outcome& outcome) {
  for (const auto& bad : outcome.problems) {
    fmt::print(stderr, "skipped {}: {}\n", bad.where, bad.why);
  }
  for (const auto& name : outcome.cut) {
    fmt::print(stderr, "{}: ends within a line, which is left for later\n", name);
  }
}

void tell(const import_outcome& outcome, bool json) {
  if (json) {
    const nlohmann::ordered_json line = {{"files", outcome.files},
                                         {"lines", outcome.lines},
                                         {"appended", outcome.appended},
                                         {"known", outcome.lines - outcome.appended},
                                         {"bad", outcome.bad}};
    fmt::print("{}\n", line.dump());
  } else {
    fmt::print(
        "{} appended; {} in {}, {} known before{}\n", counted(outcome.appended, "new line"),
        counted(outcome.lines, "line"), counted(outcome.files, "file"),
        outcome.lines - outcome.appended,
        outcome.bad == 0 ? "" : fmt::format("; {} skipped", counted(outcome.bad, "bad line")));
  }
  std::fflush(stdout);
}

int fail(const error& why, std::uint64_t appended) {
  fmt::print(stderr, "import-log: {}\n", why.message);
  if (why.code == errc::invalid || appended > 0) {
    fmt::print(stderr, "import-log: {} appended before that\n", counted(appended, "line"));
  }
  return exit_code_of(why.code);
}

int import_once(millrace::host& host, const import_request& request) {
  const auto files = find_log_files(request.places);
  if (!files) return fail(files.error(), 0);
  import_options options{.skip_bad = request.skip_bad};
  const bool terminal = ::isatty(STDERR_FILENO) != 0;
  if (terminal) options.progress = show_progress;
  importer imports{host};
  const auto outcome = imports.import(*files, options);
  if (terminal) end_progress();
  if (!outcome) return fail(outcome.error(), imports.appended());
  tell_problems(*outcome);
  tell(*outcome, request.json);
  return 0;
}

int import_and_follow(millrace::host& host, const import_request& request) {
  const follow_options options{.places = request.places, .skip_bad = request.skip_bad};
  const auto ended = follow(host, options, [&](const import_outcome& outcome) {
    tell_problems(outcome);
    tell(outcome, request.json);
  });
  return ended.failure ? fail(*ended.failure, ended.appended) : 0;
}

int run_import(millrace::host& host, const std::vector<std::string>& arguments) {
  const auto request = parse_import(arguments);
  if (!request) {
    fmt::print(stderr, "import-log: {}\n", request.error().message);
    return 2;
  }
  return request->follow ? import_and_follow(host, *request) : import_once(host, *request);
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

millrace::application::command import_command(bool follows) {
  return {.name = "import-log",
          .help = "append what is new in a dpkg log: [PATH...] [--follow] [--skip-bad] [--json]",
          .run_flows = follows,
          .run = run_import};
}

bool asks_to_follow(int argc, const char* const* argv) {
  bool imports = false, follows = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    imports = imports || word == "import-log";
    follows = follows || (imports && word == "--follow");
  }
  return follows;
}

int exit_code_of(errc code) {
  switch (code) {
    case errc::not_found: return 3;
    case errc::in_use:
    case errc::conflict: return 4;
    case errc::overloaded:
    case errc::storage_full:
    case errc::storage_failed:
    case errc::closed:
    case errc::timed_out: return 5;
    default: return 1;
  }
}

}  // namespace dpkg_flows
