#include "cli/parse.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/limits.hpp"
#include "base/time_text.hpp"
#include "cli/builder.hpp"
#include "documents/text.hpp"

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

/// Adds every command.
class builder : command_builder {
 public:
  using command_builder::command_builder;

  void add_all() {
    app().require_subcommand(0, 1);
    app().fallthrough();
    app().option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    add_import();
    add_export();
    add_append();
    add_timeline();
    add_flows();
    add_inbox();
    add_plain("resume", "Print the manifest: what has work to do, as one line of JSON", resume);
    add_repairs();
    add_adopt();
    add_compare();
    add_switch();
    add_plain("schedule", "List what is due when", schedule);
    add_trace();
    add_explain();
    add_statistics();
    add_plain("verify", "Check the whole store against itself", verify)
        ->footer("One line for each inconsistency; exit code 1 when there is one.");
    add_rebuild();
    add_run();
    add_serve();
  }

  void add_own(const grammar::own_command& own) {
    auto* command = app().add_subcommand(own.name, own.help);
    command->prefix_command();
    command->fallthrough(false);
    command->final_callback([this, command, &own] {
      auto arguments = command->remaining();
      take_globals(arguments);
      if (asks_for_help(arguments)) {
        made().text = help_of(own, app().get_name());
        return;
      }
      made().command = [run = own.run, arguments](const context& in) { return run(in, arguments); };
    });
  }

 private:
  void add_import() {
    using exchange::format;
    auto options = std::make_shared<import_options>();
    auto* command = add("import", "Append a history from a file of JSON lines");
    command->add_option("FILE", options->file, "The file; - or none: standard input")
        ->type_name("");
    command
        ->add_option_function<std::string>(
            "--format",
            [options](const std::string& name) {
              if (name != "events" && name != "kurrent") {
                throw CLI::ValidationError("--format", name + " is neither events nor kurrent");
              }
              options->shape = name == "events" ? format::events : format::kurrent;
            },
            "events (what export writes) or kurrent; without: the first line tells")
        ->type_name("NAME");
    command->add_flag("--skip-bad", options->skip_bad,
                      "Pass over bad lines and list them, instead of ending at the first");
    command->add_flag("--follow", options->follow, "Go on with what is added, until a signal");
    command->footer(
        "What is imported keeps its positions and times, and waits until its flow types are "
        "adopted. Importing the same file or stream again goes on where it ended.");
    on(command, [options](const context& in) { return import_history(in, *options); });
  }

  void add_export() {
    auto options = std::make_shared<export_options>();
    auto* command = add("export", "Print the timeline as JSON lines that import reads");
    add_number(command, "--from", options->from, "The first position (0)");
    add_number(command, "--to", options->to, "The last position (that of the last event)");
    on(command, [options](const context& in) { return export_timeline(in, *options); });
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
    add_number(command, "--at", one->at, "Show its state as it was after this position",
               "POSITION");
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

  void add_adopt() {
    auto options = std::make_shared<adopt_options>();
    auto* command = add("adopt", "Let the flows of an imported type, and their timers, run here");
    command->add_option("TYPE", options->type, "The flow type")->required()->type_name("");
    add_choice<overdue_timers>(command, "--overdue", options->overdue,
                               {{"fire", overdue_timers::fire},
                                {"skip", overdue_timers::skip},
                                {"keep", overdue_timers::keep}},
                               "What becomes of timers that are due already");
    command->add_flag("--dry-run", options->dry_run, "Only show what each flow would get");
    on(command, [options](const context& in) { return adopt(in, *options); });
  }

  void add_repairs() {
    add_retry();
    add_keyed("skip", "Let a stopped flow pass the failed event by; this is recorded", skip);
    add_reset();
    add_keyed(
        "what-if",
        "Run the present code on the event that a flow failed on, or else on the next one, and "
        "show what would come of it; nothing is saved",
        what_if);
  }

  void add_keyed(const char* name, const char* help,
                 outcome (*run)(const context&, const std::string& key)) {
    auto key = std::make_shared<std::string>();
    auto* command = add(name, help);
    command->add_option("KEY", *key, "TYPE or TYPE|ID")->required()->type_name("");
    on(command, [key, run](const context& in) { return run(in, *key); });
  }

  void add_retry() {
    auto options = std::make_shared<retry_options>();
    auto* command = add("retry", "Let stopped flows try the failed event again");
    auto* key = command->add_option("KEY", options->key, "TYPE or TYPE|ID")->type_name("");
    auto* all = command->add_flag("--all", options->all, "All that are stopped")->excludes(key);
    command->add_option("--type", options->type, "With --all: only flows of this type")
        ->type_name("T")
        ->needs(all);
    command->add_option("--error", options->error, "With --all: only errors that contain this")
        ->type_name("TEXT")
        ->needs(all);
    command->parse_complete_callback([options] {
      if (options->key.empty() && !options->all) throw CLI::RequiredError("KEY or --all");
    });
    on(command, [options](const context& in) { return retry(in, *options); });
  }

  void add_reset() {
    auto options = std::make_shared<reset_command>();
    auto* command = add("reset", "Let a flow begin anew, from the first of its events");
    command->footer(
        "A topic appends nothing up to where it was: its reactions are compared with the recorded "
        "ones, and it stops at the first that differs.");
    command->add_option("KEY", options->key, "TYPE or TYPE|ID")->required()->type_name("");
    command->add_flag("--accept-history", options->accept_history,
                      "Take the recorded reactions instead of comparing");
    on(command, [options](const context& in) { return reset(in, *options); });
  }

  void add_compare() {
    auto options = std::make_shared<compare_command>();
    auto* command = add("compare", "Compare the results of two versions of a query");
    command->add_option("TYPE", options->type, "The query")->required()->type_name("");
    add_number(command, "--limit", options->limit, "At most so many examples of each kind (10)");
    command->footer(
        "The newest version against the one that is served, or after the switch against the former "
        "one; both as they were after the same event.");
    on(command, [options](const context& in) { return compare(in, *options); });
  }

  void add_switch() {
    auto options = std::make_shared<switch_type_options>();
    auto* command = add("switch", "Serve the result of a query's newest version");
    command->add_option("TYPE", options->type, "The query")->required()->type_name("");
    command->add_flag("--drop-old", options->drop_old, "Delete the former results");
    command->add_flag("--dry-run", options->dry_run,
                      "Only compare, and say what would be switched");
    on(command, [options](const context& in) { return switch_type(in, *options); });
  }

  void add_trace() {
    auto options = std::make_shared<documents::trace_limits>();
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

  void add_rebuild() {
    auto options = std::make_shared<rebuild_options>();
    auto* command =
        add("rebuild", "Build inboxes, directory and cause index again from the timeline");
    command->add_flag(
        "--check", options->check,
        "Compare only; also beside a running host. Exit code 1 when something differs");
    add_number(command, "--threads", options->threads, "Instead of one for each core");
    add_number(command, "--memory", options->memory, "For what one pass gathers", "MIB");
    command->footer(
        "One line for each difference: those are damage, or a bug. What differs is replaced, a "
        "flow "
        "at a time; interrupted, it can be run again.");
    on(command, [options](const context& in) { return rebuild(in, *options); });
  }

  void add_explain() {
    auto at = std::make_shared<std::uint64_t>(0);
    auto* command =
        add("explain", "Show which flows an event reaches, why, and how far each of them is");
    add_number(command, "POSITION", *at, "Of the event", "")->required();
    on(command, [at](const context& in) { return explain(in, *at); });
  }

  void add_statistics() {
    auto name = std::make_shared<std::string>();
    auto* command = add("statistics", "Show how far flows are: by type and in all, or of one");
    command->add_option("KEY|TYPE", *name, "TYPE or TYPE|ID; without: all types")->type_name("");
    on(command, [name](const context& in) { return statistics(in, *name); });
  }

  void add_run() {
    auto options = std::make_shared<run_options>();
    auto* command = add("run", "Run the flows until a signal");
    command->footer(
        "A flow that stops on an event is named on stderr and does not change the exit code: the "
        "others go on, and `flows --stopped` lists it. Exit code 1: the run itself failed; 5: it "
        "was interrupted before it had caught up.");
    command->add_flag("--until-caught-up", options->until_caught_up,
                      "End when everything that can be handled is");
    command->add_flag("--statistics", options->statistics,
                      "At the end say how fast each flow type was, and in what batches");
    on(command, [options](const context& in) { return run(in, *options); });
  }

  void add_serve() {
    auto options = std::make_shared<serve_options>();
    auto* command = add("serve", "Run the flows and answer HTTP until a signal");
    command->add_option("--listen", options->listen, "Where; port 0: any (127.0.0.1:7480)")
        ->type_name("ADDRESS:PORT");
    command->add_option("--token-file", options->token_file, "Lines `read TOKEN` or `all TOKEN`")
        ->type_name("FILE");
    command->add_option("--max-lag", options->max_lags, "Appends wait for flows further behind")
        ->type_name("[TYPE=]N");
    command->footer("Another address than a loopback one needs a token file, of mode 0600.");
    on(command, [options](const context& in) { return serve(in, *options); });
  }
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
