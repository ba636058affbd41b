#include "host/cli_parse.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "base/limits.hpp"
#include "base/time_text.hpp"
#include "host/cli_text.hpp"

namespace millrace::cli {
namespace {

constexpr const char* exit_codes =
    "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 the store is in use or a "
    "condition "
    "does not hold, 5 unavailable, try later.";

std::string help_of(const grammar::own_command& own, const std::string& program) {
  return fmt::format("{}\nUsage: {} [--store PATH] {} {}", own.help, program, own.name,
                     own.arguments);
}

/// Builds the parser; options live in shared blocks that the chosen command keeps.
class builder {
 public:
  builder(CLI::App& app, parsed& made) : app_(app), made_(made) {}

  void add_all() {
    app_.require_subcommand(0, 1);
    app_.fallthrough();
    app_.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    add_append();
    add_timeline();
    add_flows();
    add_inbox();
    add_plain("resume", "Print the manifest: what has work to do, as one line of JSON", resume);
    add_repairs();
    add_switch();
    add_plain("schedule", "List what is due when", schedule);
    add_trace();
    add_plain("verify", "Check the whole store against itself", verify)
        ->footer("One line for each inconsistency; exit code 1 when there is one.");
    add_run();
  }

  void add_own(const grammar::own_command& own) {
    auto* command = app_.add_subcommand(own.name, own.help);
    command->prefix_command();
    command->fallthrough(false);
    command->final_callback([this, command, &own] {
      auto arguments = command->remaining();
      take_globals(arguments);
      if (asks_for_help(arguments)) {
        made_.text = help_of(own, app_.get_name());
        return;
      }
      made_.command = [run = own.run, arguments](const context& in) { return run(in, arguments); };
    });
  }

 private:
  using number = std::optional<std::uint64_t>;

  CLI::App* add(const char* name, const char* help) {
    auto* command = app_.add_subcommand(name, help);
    command->fallthrough();
    return command;
  }

  void on(CLI::App* command, std::function<outcome(const context&)> run) {
    command->final_callback([this, run = std::move(run)] { made_.command = run; });
  }

  CLI::App* add_plain(const char* name, const char* help, outcome (*run)(const context&)) {
    auto* command = add(name, help);
    on(command, run);
    return command;
  }

  /// Digits only: a position like 010 or 0x10 is a slip, not a number in another base.
  template <class Number>
  CLI::Option* add_number(CLI::App* command, const std::string& name, Number& into,
                          const char* help, const char* unit = "N") {
    return command
        ->add_option_function<std::string>(
            name,
            [&into, name](const std::string& text) {
              const auto value = parse_number(text);
              if (!value) throw CLI::ValidationError(name, text + " is no such number");
              into = *value;
            },
            help)
        ->type_name(unit);
  }

  void add_append() {
    auto options = std::make_shared<append_options>();
    auto* command = add("append", "Append one event and print its position");
    command->add_option("TYPE", options->type, "The event's type")->required()->type_name("");
    command->add_option("JSON", options->data, "Its payload; - reads standard input; without: {}")
        ->type_name("");
    add_number(command, "--cause", options->cause, "Position of the event that led to it");
    command
        ->add_option_function<std::string>(
            "--due",
            [options](const std::string& text) {
              options->due = parse_time(text);
              if (!options->due) {
                throw CLI::ValidationError("--due", text + " is no time like 2025-01-31T09:15:00Z");
              }
            },
            "Put it on the schedule: it fires then")
        ->type_name("TIME");
    command->add_option("--id", options->id, "Makes a repeated append harmless")->type_name("ID");
    add_list(command, "--route", options->routes, "A flow to reach, instead of those that route()")
        ->type_name("KEY");
    add_list(command, "--header", options->headers, "A header")
        ->type_name("NAME=VALUE")
        ->check([](const std::string& text) {
          const auto split = text.find('=');
          return split == std::string::npos || split == 0 ? text + " is not NAME=VALUE"
                                                          : std::string{};
        });
    command->add_option("--user", options->user, "Who does this")->type_name("USER");
    command->add_option("--correlation", options->correlation, "Correlation id")->type_name("ID");
    command->add_flag("--any-type", options->any_type,
                      "Take a type that no flow here observes, as JSON");
    on(command, [options](const context& in) { return append(in, *options); });
  }

  static CLI::Option* add_list(CLI::App* command, const char* name, std::vector<std::string>& into,
                               const char* help) {
    return command->add_option(name, into, help)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->expected(1)
        ->allow_extra_args(false);
  }

  void add_timeline() {
    auto options = std::make_shared<timeline_options>();
    auto* command = add("timeline", "Show events");
    add_number(command, "--from", options->from, "First position");
    add_number(command, "--limit", options->limit, "At most so many events");
    command->add_option("--type", options->type, "Only events of this type")->type_name("T");
    command->add_flag("--follow", options->follow, "Go on with new events until interrupted");
    on(command, [options](const context& in) { return timeline(in, *options); });
  }

  void add_flows() {
    auto options = std::make_shared<flows_options>();
    auto* command = add("flows", "List the flows");
    command->add_flag("--pending", options->pending, "Those with events to handle");
    command->add_flag("--stopped", options->stopped, "Those that stopped on an event");
    command->add_option("--type", options->type, "Only flows of this type")->type_name("T");
    on(command, [options](const context& in) { return flows(in, *options); });

    auto one = std::make_shared<show_flow_options>();
    command = add("flow", "Say what one flow does, and why it waits or stopped");
    command->add_option("KEY", one->key, "TYPE or TYPE|ID")->required()->type_name("");
    on(command, [one](const context& in) { return flow(in, *one); });
  }

  void add_inbox() {
    auto options = std::make_shared<inbox_options>();
    auto* command = add("inbox", "List the events routed to a flow");
    command->add_option("KEY", options->key, "TYPE or TYPE|ID")->required()->type_name("");
    add_number(command, "--after", options->after, "Only those after this position");
    add_number(command, "--limit", options->limit, "At most so many events (100)");
    on(command, [options](const context& in) { return inbox(in, *options); });
  }

  void add_repairs() {
    const auto add_one = [&](const char* name, const char* help, repair_kind kind) {
      auto key = std::make_shared<std::string>();
      auto* command = add(name, help);
      command->add_option("KEY", *key, "TYPE or TYPE|ID")->required()->type_name("");
      on(command, [key, kind](const context& in) { return repair(in, *key, kind); });
    };
    add_one("retry", "Let a stopped flow try the failed event again", repair_kind::retry);
    add_one("skip", "Let a stopped flow pass the failed event by; this is recorded",
            repair_kind::skip);
  }

  void add_switch() {
    auto options = std::make_shared<switch_type_options>();
    auto* command = add("switch", "Serve the result of a query's newest version");
    command->add_option("TYPE", options->type, "The query")->required()->type_name("");
    command->add_flag("--drop-old", options->drop_old, "Delete the former results");
    on(command, [options](const context& in) { return switch_type(in, *options); });
  }

  void add_trace() {
    auto options = std::make_shared<trace_options>();
    auto* command = add("trace", "Show the causes above an event and everything it led to");
    add_number(command, "POSITION", options->position, "Of the event", "")->required();
    add_number(command, "--limit", options->limit, "At most so many effects (1000)");
    add_number(command, "--depth", options->depth, "At most so many levels up and down (50)");
    on(command, [options](const context& in) {
      auto bounded = *options;
      bounded.depth = std::min<std::uint64_t>(bounded.depth, limits::causal_depth_max);
      return trace(in, bounded);
    });
  }

  void add_run() {
    auto options = std::make_shared<run_options>();
    auto* command = add("run", "Run the flows until a signal");
    command->footer(
        "A flow that stops on an event is named on stderr and does not change the exit code: the "
        "others go on, and `flows --stopped` lists it. Exit code 1: the run itself failed; 5: it "
        "was "
        "interrupted before it had caught up.");
    command->add_flag("--until-caught-up", options->until_caught_up,
                      "End when everything that can be handled is");
    on(command, [options](const context& in) { return run(in, *options); });
  }

  /// `--store PATH` means the same behind the name of a command of the program's own, and `--json`
  /// the same before it: such a command sees its arguments alone.
  void take_globals(std::vector<std::string>& arguments) {
    for (auto next = arguments.begin(); next != arguments.end() && *next != "--";) {
      if (next->starts_with("--store=")) {
        made_.store = next->substr(8);
        next = arguments.erase(next);
      } else if (*next == "--store" && next + 1 != arguments.end()) {
        made_.store = *(next + 1);
        next = arguments.erase(next, next + 2);
      } else {
        ++next;
      }
    }
    const auto end = std::find(arguments.begin(), arguments.end(), "--");
    const bool told = std::find(arguments.begin(), end, "--json") != end;
    if (made_.json && !told) arguments.insert(end, "--json");
  }

  static bool asks_for_help(const std::vector<std::string>& arguments) {
    const auto end = std::find(arguments.begin(), arguments.end(), "--");
    return std::find_if(arguments.begin(), end, [](const std::string& word) {
             return word == "--help" || word == "-h";
           }) != end;
  }

  CLI::App& app_;
  parsed& made_;
};

std::string usage_problem(const CLI::App& app, const std::string& why) {
  const auto chosen = app.get_subcommands();
  if (!chosen.empty()) {
    return fmt::format("{} (see: {} {} --help)", why, app.get_name(), chosen.front()->get_name());
  }
  const auto rest = app.remaining();
  if (rest.empty() || rest.front().starts_with("-")) {
    return fmt::format("{} (see: {} --help)", why, app.get_name());
  }
  std::vector<std::string> names;
  for (const auto* each : app.get_subcommands({})) names.push_back(each->get_name());
  const auto near = near_names(rest.front(), names);
  return fmt::format("there is no command {}{} (see: {} --help)", rest.front(),
                     near.empty() ? "" : fmt::format("; did you mean {}?", fmt::join(near, " or ")),
                     app.get_name());
}

}  // namespace

parsed parse(int argc, const char* const* argv, const grammar& known) {
  parsed made;
  std::string store = "millrace-data";
  CLI::App app{known.description, known.program};
  app.set_version_flag("--version", known.version, "Print the version");
  app.add_option("--store", store, "The store's directory (./millrace-data)")
      ->envname("MILLRACE_STORE")
      ->type_name("PATH");
  app.add_flag("--json", made.json, "One JSON value per line, for programs");
  app.footer(exit_codes);
  app.get_formatter()->column_width(30);
  builder commands{app, made};
  commands.add_all();
  for (const auto& own : known.own) commands.add_own(own);
  try {
    app.parse(argc, argv);
    if (made.store.empty()) made.store = store;
    if (!made.command && made.text.empty()) {
      made.text = usage_problem(app, "a command is missing");
      made.code = exit_code::usage;
    }
  } catch (const CLI::CallForHelp&) {
    const auto chosen = app.get_subcommands();
    made.text = chosen.empty() ? app.help() : chosen.front()->help(app.get_name());
    for (const auto& own : known.own) {
      if (!chosen.empty() && chosen.front()->get_name() == own.name) {
        made.text = help_of(own, known.program);
      }
    }
  } catch (const CLI::CallForVersion&) {
    made.text = known.version;
  } catch (const CLI::ParseError& wrong) {
    made.text = usage_problem(app, wrong.what());
    made.code = exit_code::usage;
  }
  if (!made.text.empty()) made.command = nullptr;
  return made;
}

}  // namespace millrace::cli
