#include "millrace/service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/service_limits.hpp"
#include "host/watching.hpp"
#include "service/command_watch.hpp"
#include "service/dispatcher.hpp"
#include "service/endpoints.hpp"
#include "service/gauges.hpp"
#include "service/health.hpp"
#include "service/import_desk.hpp"
#include "service/job_desk.hpp"
#include "service/lease_table.hpp"
#include "service/monitor.hpp"
#include "service/run_desk.hpp"
#include "service/series_index.hpp"
#include "service/socket_name.hpp"
#include "service/subscriptions.hpp"
#include "service/waiting_room.hpp"

namespace millrace {

using namespace service;

namespace {

/// Empty for a store that has no directory.
std::filesystem::path file_of(const std::filesystem::path& directory) {
  return directory.empty() ? directory : directory / series_file_name;
}

}  // namespace

/// In the order in which one part needs the other.
struct service_daemon::inside {
  inside(host& over, open_view view, std::unique_ptr<const known_types> types,
         const service_options& options, guard watch)
      : known(std::move(types)),
        leases(view.time, view.directory),
        series(view.stored, file_of(view.directory)),
        runs(over, options.commands),
        shared{.over = over,
               .view = view,
               .known = *known,
               .endpoints = endpoints,
               .measured = measured,
               .checks = checks,
               .commands = commands,
               .leases = leases,
               .series = series,
               .room = room,
               .imports = imports,
               .jobs = jobs,
               .runs = runs,
               .counts = counts,
               .application = options.application,
               .address = {},
               .started = view.time.now()},
        behind(shared, std::move(watch)) {
    shared.watched = &watched;
    shared.followed = &followed;
  }

  /// On a thread of the journal.
  void note(const commit_batch& written, const commit_times& took) {
    measured.count_commit(took);
    room.note();
    series.note(written);
    watched.note(written);
    followed.note(written);
  }

  std::unique_ptr<const known_types> known;
  std::vector<endpoint> endpoints = all_endpoints();
  gauges measured;
  health checks;
  command_watch commands;
  lease_table leases;
  series_index series;
  waiting_room room;
  import_desk imports;
  job_desk jobs;
  run_desk runs;
  connection_counts counts;
  parts shared;
  monitor watched{shared};
  subscriptions followed{shared};
  dispatcher behind;
  subscription commits;
  std::unique_ptr<server> front;
};

namespace {

result<guard> guard_of(const service_options& options, const endpoint_address& listen) {
  guard made;
  made.loopback_only = is_loopback(listen.address);
  if (options.tokens) {
    auto tokens = token_list::read(*options.tokens);
    if (!tokens) return tokens.error();
    made.tokens = std::move(*tokens);
  } else if (!made.loopback_only) {
    return error{errc::invalid,
                 fmt::format("{} can be reached by others: that needs a token file (mode 0600, "
                             "lines `read TOKEN` or `all TOKEN`)",
                             options.listen)};
  }
  return made;
}

std::string address_of(const endpoint_address& listen, std::uint16_t port) {
  const bool is_v6 = listen.address.find(':') != std::string::npos;
  return is_v6 ? fmt::format("http://[{}]:{}", listen.address, port)
               : fmt::format("http://{}:{}", listen.address, port);
}

}  // namespace

service_daemon::service_daemon(std::unique_ptr<inside> content) : inside_(std::move(content)) {}
service_daemon::~service_daemon() { static_cast<void>(stop(duration{0})); }

result<void> service_daemon::check(const service_options& options) {
  auto listen = parse_address(options.listen);
  if (!listen) return listen.error();
  auto watch = guard_of(options, *listen);
  return watch ? result<void>{} : result<void>{watch.error()};
}

result<std::unique_ptr<service_daemon>> service_daemon::start(host& over,
                                                              const service_options& options) {
  auto view = view_of(over);
  if (!view) return view.error();
  auto listen = parse_address(options.listen);
  if (!listen) return listen.error();
  auto watch = guard_of(options, *listen);
  if (!watch) return watch.error();
  auto known = known_types::of(view->types);
  if (!known) return known.error();
  auto made = std::make_unique<inside>(over, *view, std::move(*known), options, std::move(*watch));
  auto commits = watch_commits(
      over, [&to = *made](const auto& written, const auto& took) { to.note(written, took); });
  if (!commits) return commits.error();
  made->commits = std::move(*commits);
  made->series.follow();
  made->series.keep();
  if (auto told = watch_batches(over, made->measured.counts_batches()); !told) return told.error();
  server::options wanted{.listen = *listen, .socket = {}, .listening = [&](std::uint16_t port) {
                           made->shared.address = address_of(*listen, port);
                         }};
  if (options.through_store) wanted.socket = socket_of(view->directory);
  auto front = server::start(wanted, made->behind, made->counts);
  if (!front) return front.error();
  made->front = std::move(*front);
  made->watched.begin();
  return std::unique_ptr<service_daemon>{new service_daemon{std::move(made)}};
}

const std::string& service_daemon::address() const { return inside_->shared.address; }

std::vector<std::string> service_daemon::stop(duration grace) {
  const auto limit = std::chrono::steady_clock::now() + grace;
  inside_->shared.stopping = true;
  inside_->room.note();
  inside_->front->stop(grace);
  inside_->commits = {};
  inside_->series.stop();
  inside_->watched.stop();
  inside_->followed.stop();
  inside_->jobs.stop();
  const auto left = limit - std::chrono::steady_clock::now();
  auto go_on =
      inside_->runs.stop(std::max(duration{0}, std::chrono::duration_cast<duration>(left)));
  inside_->behind.stop();  // their answers, if any are left, find nobody
  return go_on;
}

}  // namespace millrace
