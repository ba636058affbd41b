/// The commands: options in, lines out. cli_parse fills the options.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/cli_context.hpp"

namespace millrace::cli {

struct append_options {
  std::string type;
  std::string data = "{}";  ///< `-`: standard input
  std::optional<std::uint64_t> cause;
  std::optional<timestamp> due;
  std::string id;
  std::vector<std::string> routes;
  std::vector<std::string> headers;  ///< NAME=VALUE
  std::string user;
  std::string correlation;
  bool any_type = false;
};
outcome append(const context& in, const append_options& options);

struct timeline_options {
  std::uint64_t from = 0;
  std::optional<std::uint64_t> limit;
  std::string type;
  bool follow = false;
};
outcome timeline(const context& in, const timeline_options& options);

struct flows_options {
  bool pending = false;
  bool stopped = false;
  std::string type;
};
outcome flows(const context& in, const flows_options& options);

struct show_flow_options {
  std::string key;
};
outcome flow(const context& in, const show_flow_options& options);

struct inbox_options {
  std::string key;
  std::optional<std::uint64_t> after;
  std::uint64_t limit = 100;
};
outcome inbox(const context& in, const inbox_options& options);

outcome resume(const context& in);
/// The one line that `resume` prints.
[[nodiscard]] result<std::string> manifest_line(const millrace::store& from, const overview& now);

enum class repair_kind { retry, skip };
outcome repair(const context& in, const std::string& key, repair_kind kind);

struct switch_type_options {
  std::string type;
  bool drop_old = false;
};
/// Serves the newest version of a query.
outcome switch_type(const context& in, const switch_type_options& options);

outcome schedule(const context& in);

struct trace_options {
  std::uint64_t position = 0;
  std::uint64_t limit = 1000;  ///< events shown below the one asked about
  std::uint64_t depth = 50;    ///< levels above and below it
};
outcome trace(const context& in, const trace_options& options);

outcome verify(const context& in);

struct run_options {
  bool until_caught_up = false;
};
outcome run(const context& in, const run_options& options);

}  // namespace millrace::cli
