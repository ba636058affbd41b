/// Commands that change something, while a daemon holds the store: its calls do the same.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/context.hpp"
#include "documents/event.hpp"

namespace millrace::cli {

/// `POST target?arguments`, or another method; `body` is JSON, or empty.
struct daemon_call {
  std::string target;
  std::vector<std::pair<std::string, std::string>> arguments = {};
  std::string body = {};
  std::string method = "POST";
};

/// What a command does that could not open the store: when that is in use and a daemon serves it,
/// the daemon is asked; with --json its answer is printed, otherwise what `words` makes of it.
/// Nobody serves it, or it could not be opened for another reason: `why`. Errors: the daemon's;
/// closed, timed_out.
[[nodiscard]] outcome ask_daemon(const context& in, const error& why, const daemon_call& wanted,
                                 const std::function<std::string(const json& answer)>& words);

/// The answer itself; none: nobody serves the store.
[[nodiscard]] result<std::optional<std::string>> answer_of_daemon(const context& in,
                                                                  const daemon_call& wanted);

/// Without looking whether the daemon is well: for those who just did. Errors: not_found (nobody
/// serves the store), the daemon's; closed, timed_out.
[[nodiscard]] result<std::string> ask_again(const context& in, const daemon_call& wanted);

/// Begins a job, and waits until it has ended: its result. `find` gets what it finds, and `tell`
/// how far it is. Nobody serves the store, or it could not be opened for another reason: `why`.
/// Errors: those of the job, the daemon's; closed, timed_out.
struct job_watch {
  std::function<void(const std::string& subject, const std::string& what)> find;
  std::function<void(std::uint64_t done, std::uint64_t total)> tell;
};
[[nodiscard]] result<json> await_job(const context& in, const error& why, const daemon_call& wanted,
                                     const job_watch& watch);

/// For what needs the store for itself: an error that says who serves it, and what to do. Nobody
/// does, or the store is not in use: `why`.
[[nodiscard]] error with_advice(const context& in, const error& why, std::string_view command);

/// The problem that an answer tells.
[[nodiscard]] error error_of_daemon(unsigned status, const std::string& body);

/// `/v1/flows/KEY/…`
[[nodiscard]] std::string flow_target(const std::string& key, std::string_view call);

}  // namespace millrace::cli
