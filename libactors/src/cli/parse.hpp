/// The command line's grammar. The only place that knows the library for it.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/commands.hpp"

namespace millrace::cli {

/// What a program adds to the commands that all have.
struct grammar {
  std::string program;
  std::string description;
  std::string version;
  struct own_command {
    std::string name;
    std::string help;
    std::string arguments;  ///< as its help writes them
    /// Gets the arguments after the name, without `--store PATH`, and with `--json` if that was
    /// given.
    std::function<outcome(const context& in, const std::vector<std::string>& arguments)> run;
  };
  std::vector<own_command> own;
};

/// Either a command to run, or a text and how the program ends with it.
struct parsed {
  std::filesystem::path store;
  bool json = false;
  std::function<outcome(const context& in)> command;  ///< empty: the program ends here

  std::string text;  ///< help or version, for stdout; or what is wrong, for stderr
  exit_code code = exit_code::done;
};

[[nodiscard]] parsed parse(int argc, const char* const* argv, const grammar& known);

}  // namespace millrace::cli
