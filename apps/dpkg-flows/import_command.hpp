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
[[nodiscard]] millrace::application::command import_command();

/// What it needs of the store, after a look at the files: none is made for files that cannot be
/// read, or that hold a line which is none. Errors: invalid (options), undecodable (a line), those
/// of the files.
[[nodiscard]] millrace::result<millrace::application::store_use> store_for_import(
    const millrace::application::command_call& call);

}  // namespace dpkg_flows
