#include "service/monitor_figures.hpp"

#include <algorithm>

#include "base/time_text.hpp"
#include "documents/statistics.hpp"
#include "service/batch_figures.hpp"
#include "service/gauges.hpp"
#include "service/health.hpp"

#ifndef MILLRACE_VERSION
#define MILLRACE_VERSION "unknown"
#endif

namespace millrace::service {
namespace {

using namespace std::chrono_literals;
using documents::dump;
using documents::json;

constexpr auto rare_interval = 1s;  // of what changes slowly or costs more

json text_or_null(std::optional<timestamp> at) { return at ? json(to_text(*at)) : json(nullptr); }

std::uintmax_t size_of(const std::filesystem::path& directory) {
  std::uintmax_t sum = 0;
  std::error_code failed;
  for (const auto& file : std::filesystem::directory_iterator{directory, failed}) {
    const auto size = file.file_size(failed);
    if (!failed) sum += size;
  }
  return sum;
}

struct condition {
  std::string state = "running";
  json reason = nullptr;
  std::string since;
};

condition condition_of(const parts& of) {
  condition made;
  for (const auto& one : of.checks.look(of.over, of.view.directory, of.view.time.now())) {
    const bool is_first_problem = one.problem && made.state == "running";
    if (is_first_problem) {
      made.state = "failing";
      made.reason = *one.problem;
      made.since = to_text(one.since);
    } else if (made.state == "running") {
      made.since = std::max(made.since, to_text(one.since));
    }
  }
  if (of.stopping) made.state = "stopping";
  return made;
}

}  // namespace

monitor_figures::monitor_figures(const parts& of)
    : of_(of),
      last_(of.over.counters()),
      appended_(of.view.time.steady()),
      handled_(of.view.time.steady()),
      committed_(of.view.time.steady()),
      edges_(of.known, of.view.time.steady()) {}

result<void> monitor_figures::look(flow_board::moment now, position head) {
  head_ = head;
  const auto steady = of_.view.time.steady();
  const auto counters = of_.over.counters();
  appended_.add(static_cast<double>(counters.appended - last_.appended), steady);
  handled_.add(static_cast<double>(counters.handled - last_.handled), steady);
  committed_.add(static_cast<double>(counters.commits - last_.commits), steady);
  last_ = counters;
  const bool first = edges_text_.empty();
  if (auto read = read_timeline(first, steady); !read) return read;
  if (!first && steady - looked_ < rare_interval) return {};
  looked_ = steady;
  if (auto text = dump(edges_.json_of(steady)); text != edges_text_) {
    edges_text_ = std::move(text);
    edges_changed_ = now;
  }
  return look_now_and_then();
}

/// The last ones of many stand for all.
result<void> monitor_figures::read_timeline(bool first, timestamp steady) {
  const auto tail = of_.view.stored.tail();
  const auto count = tail.value - std::min(seen_.value, tail.value);
  const auto looked_at = std::min<std::uint64_t>(count, limits::sampled_events_max);
  if (looked_at == 0) return {};
  const auto weight = first ? 0.0 : static_cast<double>(count) / static_cast<double>(looked_at);
  seen_ = tail;
  return of_.view.stored.scan(position{tail.value - looked_at}, tail, [&](const event_row& row) {
    edges_.see(row, weight, steady);
    return true;
  });
}

result<void> monitor_figures::look_now_and_then() {
  std::error_code failed;
  disk_ = std::filesystem::space(of_.view.directory, failed);
  store_size_ = size_of(of_.view.directory);
  auto timers =
      of_.view.stored.schedule(store::timers::active, std::nullopt, limits::timers_counted_max);
  if (!timers) return timers.error();
  const auto now = of_.view.time.now();
  const auto due_before = [&](timestamp limit) {
    return static_cast<std::uint64_t>(
        std::count_if(timers->begin(), timers->end(),
                      [&](const schedule_entry& one) { return one.due <= limit; }));
  };
  timers_overdue_ = due_before(now);
  timers_soon_ = due_before(now + 60s) - timers_overdue_;
  timer_next_ = timers->empty() ? std::nullopt : std::optional{timers->front().due};
  return {};
}

json monitor_figures::overview() const {
  const auto now = of_.view.time.now();
  const auto steady = of_.view.time.steady();
  const auto state = condition_of(of_);
  const auto commits = of_.measured.commit_seconds();
  const auto flushes = of_.measured.flush_seconds();
  const auto seconds = [](std::optional<double> one) { return one ? json(*one) : json(nullptr); };
  const std::chrono::duration<double> up = now - of_.started;
  json made = {{"application", of_.application},
               {"version", MILLRACE_VERSION},
               {"state", state.state},
               {"reason", state.reason},
               {"since", state.since},
               {"started", to_text(of_.started)},
               {"uptime", up.count()},
               {"tail", of_.over.tail().value},
               {"head", head_.value},
               {"append_rate", appended_.look(steady)},
               {"handled_rate", handled_.look(steady)},
               {"commit_rate", committed_.look(steady)},
               {"appended", last_.appended},
               {"handled", last_.handled},
               {"commits", last_.commits},
               {"timers_overdue", timers_overdue_},
               {"timers_soon", timers_soon_},
               {"timer_next", text_or_null(timer_next_)},
               {"commit_p50", seconds(commits.p50)},
               {"commit_p99", seconds(commits.p99)},
               {"flush_p50", seconds(flushes.p50)},
               {"flush_p99", seconds(flushes.p99)},
               {"disk_free", disk_.available},
               {"disk_size", disk_.capacity},
               {"store_size", store_size_},
               {"connections", of_.counts.connections.load()},
               {"sockets", of_.counts.sockets.load()}};
  const auto number = [&](auto member) {
    return counted_ ? json(counted_->of.all.*member) : json(nullptr);
  };
  made["flows"] = number(&flow_statistics::flows);
  made["pending"] = number(&flow_statistics::pending);
  made["stopped"] = number(&flow_statistics::stopped);
  made["lag"] = number(&flow_statistics::lag);
  const auto key = [](const std::optional<flow_key>& one) {
    return one ? json(one->text()) : json(nullptr);
  };
  made["worst_flow"] = counted_ ? key(counted_->worst_flow) : json(nullptr);
  made["worst_lag"] = counted_ ? json(counted_->worst_lag) : json(nullptr);
  made["oldest_flow"] = counted_ ? key(counted_->oldest_flow) : json(nullptr);
  made["oldest_time"] = counted_ ? text_or_null(counted_->oldest_time) : json(nullptr);
  made["counted_at"] = counted_ ? json(to_text(counted_->of.at)) : json(nullptr);
  return made;
}

void monitor_figures::count_types(flow_board::moment now, const flow_rows& rows) {
  if (!counted_) return;
  auto& of = counted_->of;
  refresh_activity(of_.over, of);
  std::map<std::string, bool, std::less<>> there;
  for (const auto& one : of.types) {
    auto row = documents::json_of(one, of.at, true);
    add_batches(of_.measured, row);
    row["kind"] = kind_of(of_.known, one.name);
    const auto index = of_.known.table.find(one.name);
    row["hosted"] = index.has_value();
    row["single"] = index ? json(of_.known.table.types()[*index]->single) : json(nullptr);
    row["inert"] = row["parked"] = false;
    for (const auto& type : rows.types()) {
      if (type.name() != one.name || !rows.is_running(type)) continue;
      row["inert"] = type.inert();
      row["parked"] = type.has_error_position();
    }
    there[one.name] = true;
    auto& kept = types_[one.name];
    auto text = dump(row);
    kept.gone = 0;
    if (text != kept.text) {
      kept.text = std::move(text);
      kept.changed = now;
    }
  }
  for (auto& [name, row] : types_) {
    if (there.contains(name) || row.gone != 0) continue;
    row = {.text = {}, .changed = now, .gone = now};
  }
}

std::vector<const std::string*> monitor_figures::types_since(flow_board::moment last) const {
  std::vector<const std::string*> made;
  for (const auto& [name, row] : types_) {
    if (row.gone == 0 && row.changed > last) made.push_back(&row.text);
  }
  return made;
}

std::vector<std::string> monitor_figures::types_gone_since(flow_board::moment last) const {
  std::vector<std::string> made;
  for (const auto& [name, row] : types_) {
    if (row.gone > last) made.push_back(name);
  }
  return made;
}

}  // namespace millrace::service
