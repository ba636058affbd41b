/// What every command is handed: where the store is, how to write, which flow types there are.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/exit_code.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "documents/source.hpp"
#include "host/overview.hpp"
#include "millrace/application.hpp"
#include "millrace/host.hpp"
#include "millrace/result.hpp"
#include "store/store.hpp"

namespace millrace::cli {

/// A command's end: an exit code, or an error that is printed and mapped by exit_code_of().
using outcome = result<exit_code>;

/// Of one run of the program; made by application::run, or by a test. One thread.
struct context {
  std::string program;
  std::filesystem::path store;
  bool json = false;
  const interest_table::type_list& types;
  const known_types& known;
  output& out;
  output& err;
  bool shows_progress = false;  ///< stderr is a terminal
  /// Opens the store to look at it. Errors: not_found, newer_schema, storage_failed, corrupt.
  std::function<result<std::shared_ptr<const millrace::store>>()> open_store;
  /// Opens a host over an existing store, or a new one when `may_create`, and says so.
  std::function<result<std::unique_ptr<host>>(host_options options, bool may_create)> open_host;
  std::vector<application::command> own = {};  ///< what the program adds to the commands

  /// One line on stderr, after the program's name; made inert here.
  void complain(std::string_view text) const;
  void warn(std::string_view text) const;
  [[nodiscard]] progress long_work(std::string what) const;
  /// The picture of the store; shows progress when that takes long.
  [[nodiscard]] result<overview> look(const millrace::store& at,
                                      std::optional<overview::watch> watched = {}) const;
  /// What documents are made from; look() of it is the one above. Views this and the store.
  [[nodiscard]] documents::source source_of(const millrace::store& at) const;
};

/// Errors: not_found, with a hint when something else is there.
[[nodiscard]] result<void> require_store(const std::filesystem::path& directory);

}  // namespace millrace::cli
