// serve: the flows, and HTTP.
#include <fmt/format.h>

#include <cstdlib>
#include <mutex>
#include <set>

#include "base/process_memory.hpp"
#include "cli/commands.hpp"
#include "cli/daemon.hpp"
#include "cli/signals.hpp"
#include "documents/event.hpp"
#include "documents/text.hpp"
#include "host/contracts.hpp"
#include "host/stops.hpp"
#include "millrace/service.hpp"

namespace millrace::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto look_interval = 500ms;
constexpr std::size_t notes_max = 100;  // between two looks
constexpr std::size_t told_max = 10'000;

service_options settings_of(const context& in, const serve_options& options) {
  service_options made;
  made.application = in.program;
  made.commands = in.own;
  if (!options.listen.empty()) made.listen = options.listen;
  if (!options.token_file.empty()) made.tokens = options.token_file;
  return made;
}

/// What the options say, over what the program says. Errors: invalid.
result<lag_contracts> contracts_of(const context& in, const serve_options& options,
                                   lag_contracts made) {
  for (const auto& text : options.max_lags) {
    const auto split = text.rfind('=');
    const auto number = parse_number(split == text.npos ? text : text.substr(split + 1));
    if (!number) {
      return error{errc::invalid, fmt::format("--max-lag {}: that is not N or TYPE=N", text)};
    }
    if (split == text.npos) {
      made.all = *number;
      continue;
    }
    const auto type = text.substr(0, split);
    if (!in.known.table.find(type)) {
      return error{errc::invalid,
                   fmt::format("--max-lag {}: there is no flow type {}", text, type)};
    }
    made.of_type[type] = *number;
  }
  return made;
}

/// Says of each flow under a lag contract that it stopped: nobody waits for it any more. Stops come
/// on the engine's thread, and are said on that of the command.
class contract_watch {
 public:
  contract_watch(host& over, lag_contracts agreed)
      : agreed_(std::move(agreed)),
        news_(watch_stops(over, [this](const stopped_flow& what) { note(what); })) {}

  void say(const context& in) {
    for (const auto& each : take()) {
      in.warn(fmt::format("{} is stopped on event {} and has left its lag contract ({} events): {}",
                          each.key.text(), each.at.value,
                          max_lag_of(agreed_, std::string{each.key.type()}), each.message));
    }
  }

 private:
  void note(const stopped_flow& what) {
    if (max_lag_of(agreed_, std::string{what.key.type()}) == 0) return;
    const std::lock_guard locked{guard_};
    if (told_.size() >= told_max) told_.clear();
    const bool is_new = told_.emplace(what.key.text(), what.at).second;
    if (is_new && notes_.size() < notes_max) notes_.push_back(what);
  }
  std::vector<stopped_flow> take() {
    const std::lock_guard locked{guard_};
    return std::exchange(notes_, {});
  }

  const lag_contracts agreed_;
  std::mutex guard_;
  std::vector<stopped_flow> notes_;
  std::set<std::pair<std::string, position>> told_;  // parked types are told again and again
  result<subscription> news_;  // last: nothing comes any more when the rest goes
};

/// Until a signal, or until the store fails.
result<void> keep_serving(const context& in, host& over, contract_watch& contracts,
                          const interrupts& stop) {
  while (!stop.wait(look_interval)) {
    contracts.say(in);
    auto caught_up = over.wait_until_caught_up(duration{0});
    if (!caught_up && caught_up.error().code != errc::timed_out) return caught_up;
  }
  return {};
}

/// A thread cannot be ended from outside, only its process can. The store is closed in order
/// before.
[[noreturn]] void leave_behind(const context& in, const std::vector<std::string>& commands) {
  for (const auto& each : commands) {
    in.warn(fmt::format("`{}` was told to end and has not; it is cut off", each));
  }
  in.out.flush();
  in.err.flush();
  std::_Exit(static_cast<int>(exit_code::failed));
}

}  // namespace

outcome serve(const context& in, const serve_options& options) {
  const auto settings = settings_of(in, options);
  if (auto usable = service_daemon::check(settings); !usable) return usable.error();
  if (auto meant = contracts_of(in, options, {}); !meant) {
    in.complain(meant.error().message);
    return exit_code::usage;
  }
  give_large_blocks_back();
  const interrupts stop;
  auto opened = in.open_host({.strict = !in.types.empty()}, true);
  if (!opened) return with_advice(in, opened.error(), "serve");
  host& over = **opened;
  const auto agreed = contracts_of(in, options, lag_contracts_of(over));
  if (!options.max_lags.empty()) {
    if (auto done = agree_on_lag(over, *agreed); !done) return done.error();
  }
  contract_watch contracts{over, *agreed};
  auto daemon = service_daemon::start(over, settings);
  if (!daemon) return daemon.error();
  const auto& address = (*daemon)->address();
  if (in.json) {
    in.out.json(dump({{"listening", address}}));
  } else {
    in.out.line("listening on " + address);
  }
  in.out.flush();
  const auto ended = keep_serving(in, over, contracts, stop);
  const auto go_on = (*daemon)->stop();
  over.stop();
  contracts.say(in);
  if (!go_on.empty()) leave_behind(in, go_on);
  if (!ended) return ended.error();
  return exit_code::done;
}

}  // namespace millrace::cli
