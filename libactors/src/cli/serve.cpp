// serve: the flows, and HTTP.
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/signals.hpp"
#include "documents/event.hpp"
#include "millrace/service.hpp"

namespace millrace::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto look_interval = 2s;

service_options settings_of(const serve_options& options) {
  service_options made;
  if (!options.listen.empty()) made.listen = options.listen;
  if (!options.token_file.empty()) made.tokens = options.token_file;
  return made;
}

/// Until a signal, or until the store fails.
result<void> keep_serving(host& over, const interrupts& stop) {
  while (!stop.wait(look_interval)) {
    auto caught_up = over.wait_until_caught_up(duration{0});
    if (!caught_up && caught_up.error().code != errc::timed_out) return caught_up;
  }
  return {};
}

}  // namespace

outcome serve(const context& in, const serve_options& options) {
  const auto settings = settings_of(options);
  if (auto usable = service_daemon::check(settings); !usable) return usable.error();
  const interrupts stop;
  auto opened = in.open_host({.strict = !in.types.empty()}, true);
  if (!opened) return opened.error();
  host& over = **opened;
  auto daemon = service_daemon::start(over, settings);
  if (!daemon) return daemon.error();
  const auto& address = (*daemon)->address();
  if (in.json) {
    in.out.json(dump({{"listening", address}}));
  } else {
    in.out.line("listening on " + address);
  }
  in.out.flush();
  const auto ended = keep_serving(over, stop);
  (*daemon)->stop();
  over.stop();
  if (!ended) return ended.error();
  return exit_code::done;
}

}  // namespace millrace::cli
