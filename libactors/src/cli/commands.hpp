/// The commands: options in, lines out. cli_parse fills the options.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/context.hpp"
#include "documents/trace.hpp"
#include "exchange/part.hpp"

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

struct import_options {
  std::string file = "-";  ///< `-`: standard input
  std::optional<exchange::format> shape;
  bool skip_bad = false;
  bool follow = false;
};
outcome import_history(const context& in, const import_options& options);

struct export_options {
  std::uint64_t from = 0;
  std::optional<std::uint64_t> to;  ///< the last one
};
outcome export_timeline(const context& in, const export_options& options);

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
  std::optional<std::uint64_t> at = {};  ///< as it was after this position
};
/// With `at` that is flow_at().
outcome flow(const context& in, const show_flow_options& options);
outcome flow_at(const context& in, const show_flow_options& options);

struct inbox_options {
  std::string key;
  std::optional<std::uint64_t> after;
  std::uint64_t limit = 100;
};
outcome inbox(const context& in, const inbox_options& options);

outcome resume(const context& in);

struct retry_options {
  std::string key;  ///< empty: all, or those that fit
  bool all = false;
  std::string type;
  std::string error;
};
outcome retry(const context& in, const retry_options& options);
outcome skip(const context& in, const std::string& key);

struct reset_command {
  std::string key;
  bool accept_history = false;
};
outcome reset(const context& in, const reset_command& options);

outcome what_if(const context& in, const std::string& key);

struct adopt_options {
  std::string type;
  std::optional<overdue_timers> overdue;
  bool dry_run = false;
};
outcome adopt(const context& in, const adopt_options& options);

struct compare_command {
  std::string type;
  std::uint64_t limit = 10;  ///< examples of each kind
};
/// The results of two versions of a query.
outcome compare(const context& in, const compare_command& options);

struct switch_type_options {
  std::string type;
  bool drop_old = false;
  bool dry_run = false;
};
/// Serves the newest version of a query.
outcome switch_type(const context& in, const switch_type_options& options);

outcome schedule(const context& in);

outcome trace(const context& in, const documents::trace_limits& options);

outcome explain(const context& in, std::uint64_t position_asked);

/// Of a flow, of a type, or (empty) of all.
outcome statistics(const context& in, const std::string& name);

outcome verify(const context& in);

struct rebuild_options {
  bool check = false;
  std::uint64_t threads = 0;
  std::uint64_t memory = 0;  ///< MiB; 0: the default
};
outcome rebuild(const context& in, const rebuild_options& options);

struct run_options {
  bool until_caught_up = false;
  bool statistics = false;
};
outcome run(const context& in, const run_options& options);

struct serve_options {
  std::string listen;
  std::string token_file;             ///< empty: none
  std::vector<std::string> max_lags;  ///< `N`, or `TYPE=N`
};
outcome serve(const context& in, const serve_options& options);

}  // namespace millrace::cli
