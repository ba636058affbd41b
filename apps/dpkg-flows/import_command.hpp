/// `import-log [PATH...] [--follow] [--skip-bad] [--json]`.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "millrace/application.hpp"
#include "millrace/result.hpp"

namespace dpkg_flows {

/// What the command line asks for. Pure.
struct import_request {
  std::vector<std::filesystem::path> places;  ///< /var/log when none is given
  bool follow = false;
  bool skip_bad = false;
  bool json = false;
};
/// Errors: invalid, for options that there are not.
[[nodiscard]] millrace::result<import_request> parse_import(
    const std::vector<std::string>& arguments);

/// The command. An import only appends, and is done when the lines are on the timeline; one that
/// follows the log lets the flows run too, for nobody else can use the store meanwhile.
[[nodiscard]] millrace::application::command import_command(bool follows);

/// Whether a program was called to follow the log: it decides before the host is opened.
[[nodiscard]] bool asks_to_follow(int argc, const char* const* argv);

/// The exit code of a failure, as design.md gives them.
[[nodiscard]] int exit_code_of(millrace::errc code);

}  // namespace dpkg_flows
