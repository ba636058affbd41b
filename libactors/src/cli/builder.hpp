/// What the grammar of every command is made with. Only cli_parse.cpp includes it.
#pragma once

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/parse.hpp"
#include "documents/text.hpp"

namespace millrace::cli {

/// Builds the parser; options live in shared blocks that the chosen command keeps.
class command_builder {
 public:
  command_builder(CLI::App& app, parsed& made) : app_(app), made_(made) {}

 protected:
  using number = std::optional<std::uint64_t>;

  [[nodiscard]] CLI::App& app() { return app_; }
  [[nodiscard]] parsed& made() { return made_; }

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

  /// One of a few words.
  template <class Choice, class Into>
  void add_choice(CLI::App* command, const std::string& name, Into& into,
                  const std::map<std::string, Choice>& words, const char* help) {
    std::vector<std::string> names;
    for (const auto& [word, choice] : words) names.push_back(word);
    command
        ->add_option_function<std::string>(
            name,
            [&into, name, words, names](const std::string& text) {
              const auto found = words.find(text);
              if (found == words.end()) {
                throw CLI::ValidationError(
                    name, fmt::format("{} is none of {}", text, fmt::join(names, ", ")));
              }
              into = found->second;
            },
            help)
        ->type_name(fmt::format("{}", fmt::join(names, "|")));
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

 private:
  CLI::App& app_;
  parsed& made_;
};

}  // namespace millrace::cli
