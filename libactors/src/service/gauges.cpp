#include "service/gauges.hpp"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/summary.h>
#include <prometheus/text_serializer.h>

#include <cmath>
#include <map>
#include <shared_mutex>

#include "host/contracts.hpp"
#include "millrace/flow_type.hpp"

namespace millrace::service {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using prometheus::Summary;
using seconds = std::chrono::duration<double>;

const prometheus::Histogram::BucketBoundaries batch_sizes_of_interest{
    1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10'000};
const prometheus::Histogram::BucketBoundaries batch_bounds{
    0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01,
    0.025,   0.05,     0.1,     0.25,   0.5,     1,      2.5,   5,      10,    30};
const prometheus::Histogram::BucketBoundaries call_seconds{
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60};

using labels = std::vector<ClientMetric::Label>;

/// Percentiles of what was observed over the last minute, with what they may be wrong by.
const Summary::Quantiles percentiles{{0.5, 0.02}, {0.95, 0.005}, {0.99, 0.001}};
constexpr std::chrono::seconds percentiles_span{60};
constexpr int percentiles_slices = 3;

/// Families of values that somebody else counts.
class snapshot {
 public:
  void counter(const char* name, const char* help, std::uint64_t value) {
    one(name, help, MetricType::Counter, {}).counter.value = static_cast<double>(value);
  }
  void gauge(const char* name, const char* help, double value) {
    one(name, help, MetricType::Gauge, {}).gauge.value = value;
  }

  /// One value for each type.
  void each(const char* name, const char* help, const host_statistics& of,
            const std::function<double(const flow_statistics&)>& value) {
    begin(name, help, MetricType::Gauge);
    for (const auto& type : of.types) add({{"type", type.name}}).gauge.value = value(type);
  }

  void causes(const host_statistics& of) {
    begin("millrace_batches_total", "Batches of events, by why they were handled when they were",
          MetricType::Counter);
    for (const auto& type : of.types) {
      const auto& causes = type.activity.causes;
      const std::pair<const char*, std::uint64_t> counts[] = {{"full", causes.full},
                                                              {"aged", causes.aged},
                                                              {"dry", causes.dry},
                                                              {"reading", causes.reading}};
      for (const auto& [cause, count] : counts) {
        add({{"type", type.name}, {"cause", cause}}).counter.value = static_cast<double>(count);
      }
    }
  }

  std::vector<MetricFamily> finish() && { return std::move(families_); }

 private:
  void begin(const char* name, const char* help, MetricType type) {
    auto& family = families_.emplace_back();
    family.name = name;
    family.help = help;
    family.type = type;
  }
  ClientMetric& add(labels with) {
    auto& metric = families_.back().metric.emplace_back();
    metric.label = std::move(with);
    return metric;
  }
  ClientMetric& one(const char* name, const char* help, MetricType type, labels with) {
    begin(name, help, type);
    return add(std::move(with));
  }

  std::vector<MetricFamily> families_;
};

void add_host(snapshot& to, const host_counters& counters, const host_statistics& of) {
  to.gauge("millrace_tail", "The first position that is not written",
           static_cast<double>(of.tail.value));
  to.counter("millrace_appended_total", "Events committed", counters.appended);
  to.counter("millrace_commits_total", "Transactions", counters.commits);
  to.counter("millrace_routed_total", "Events the router has seen", counters.routed);
  to.counter("millrace_handled_total", "Events handled by flows, replays included",
             counters.handled);
  to.counter("millrace_timeline_reads_total", "Events read from the store",
             counters.timeline_reads);
  to.counter("millrace_inbox_reads_total", "Inbox entries read from the store",
             counters.posting_reads);
}

void add_flows(snapshot& to, const host_statistics& of) {
  const auto number = [](std::uint64_t value) { return static_cast<double>(value); };
  to.each("millrace_flows", "Flows there are", of,
          [&](const auto& type) { return number(type.flows); });
  to.each("millrace_flows_pending", "Flows that have something to handle", of,
          [&](const auto& type) { return number(type.pending); });
  to.each("millrace_flows_stopped", "Flows that stopped on an error", of,
          [&](const auto& type) { return number(type.stopped); });
  to.each("millrace_lag_events", "Events that were routed and not handled", of,
          [&](const auto& type) { return number(type.lag); });
  to.each("millrace_oldest_unhandled_seconds", "Age of the oldest of them", of,
          [&](const auto& type) {
            const auto age = type.oldest_age(of.at);
            return age ? seconds{*age}.count() : 0;
          });
  to.each("millrace_state_bytes", "Stored states", of,
          [&](const auto& type) { return number(type.state_size); });
  to.causes(of);
}

/// Nothing when there is no contract.
void add_admission(snapshot& to, const host_statistics& of, const gauges::admission& let_in) {
  if (!let_in.room) return;
  const auto max_lag = [&](const auto& type) { return max_lag_of(let_in.agreed, type.name); };
  to.gauge("millrace_admission_room", "Events that would be let in before appends are refused",
           static_cast<double>(*let_in.room));
  to.each("millrace_max_lag_events", "Lag that was agreed upon; 0: none", of,
          [&](const auto& type) { return static_cast<double>(max_lag(type)); });
  to.each(
      "millrace_contracts_left", "Flows that stopped, and left their lag contract", of,
      [&](const auto& type) { return max_lag(type) == 0 ? 0 : static_cast<double>(type.stopped); });
}

void add_moment(snapshot& to, const gauges::sources& from) {
  to.gauge("millrace_head", "The first position that is not routed",
           static_cast<double>(from.head.value));
  to.gauge("millrace_timers_overdue", "Timers that are due and have not fired, up to 1000",
           static_cast<double>(from.timers.overdue));
  to.gauge("millrace_timers_soon", "Timers that are due within a minute, up to 1000",
           static_cast<double>(from.timers.soon));
  to.each("millrace_mailbox_events", "Events in memory for flows, which they have not handled",
          from.of, [&](const auto& type) {
            const auto found = from.mailboxes.find(type.name);
            return found == from.mailboxes.end() ? 0.0 : static_cast<double>(found->second);
          });
}

void add_connections(snapshot& to, const gauges::sources& from) {
  const auto& counts = from.connections;
  to.gauge("millrace_http_connections", "Open connections",
           static_cast<double>(counts.connections));
  to.gauge("millrace_sockets", "Open WebSockets", static_cast<double>(counts.sockets));
  to.counter("millrace_sockets_opened_total", "WebSockets there were", counts.sockets_opened);
  to.counter("millrace_sockets_dropped_total",
             "WebSockets that were closed since they did not take what was sent",
             counts.sockets_dropped);
  to.counter("millrace_socket_messages_total", "Messages sent through WebSockets",
             counts.socket_messages);
  to.counter("millrace_monitor_left_out_total",
             "Messages of the monitor that a client was too slow for", from.monitor_left_out);
}

gauges::quantiles quantiles_of(const Summary& of) {
  const auto summary = of.Collect().summary;
  gauges::quantiles made;
  for (const auto& one : summary.quantile) {
    if (std::isnan(one.value)) continue;
    (one.quantile < 0.9 ? made.p50 : one.quantile < 0.97 ? made.p95 : made.p99) = one.value;
  }
  return made;
}

/// What is added up for ever, and what it was of late.
struct batches_of_type {
  batches_of_type(prometheus::Histogram& sizes, prometheus::Histogram& times,
                  prometheus::Counter& repeated)
      : events(sizes), seconds(times), retries(repeated) {}
  prometheus::Histogram& events;
  prometheus::Histogram& seconds;
  prometheus::Counter& retries;
  Summary events_of_late{percentiles, percentiles_span, percentiles_slices};
  Summary seconds_of_late{percentiles, percentiles_span, percentiles_slices};
};

}  // namespace

struct gauges::inside {
  prometheus::Registry registry;
  prometheus::Family<prometheus::Histogram>& batch_events = prometheus::BuildHistogram()
                                                                .Name("millrace_batch_events")
                                                                .Help("Events of a batch")
                                                                .Register(registry);
  prometheus::Family<prometheus::Histogram>& batch_seconds =
      prometheus::BuildHistogram()
          .Name("millrace_batch_seconds")
          .Help("Time that a batch took in its handlers")
          .Register(registry);
  prometheus::Family<prometheus::Counter>& retries =
      prometheus::BuildCounter()
          .Name("millrace_retries_total")
          .Help("Attempts at an event that failed, and were repeated by the type's policy")
          .Register(registry);
  mutable std::shared_mutex guard;  // of what follows
  std::map<std::string, std::unique_ptr<batches_of_type>, std::less<>> types;

  batches_of_type& of_type(const std::string& name) {
    {
      const std::shared_lock locked{guard};
      if (const auto found = types.find(name); found != types.end()) return *found->second;
    }
    const std::unique_lock locked{guard};
    auto& place = types[name];
    if (!place) {
      const prometheus::Labels type{{"type", name}};
      place = std::make_unique<batches_of_type>(batch_events.Add(type, batch_sizes_of_interest),
                                                batch_seconds.Add(type, batch_bounds),
                                                retries.Add(type));
    }
    return *place;
  }
  prometheus::Family<prometheus::Counter>& calls = prometheus::BuildCounter()
                                                       .Name("millrace_http_calls_total")
                                                       .Help("Calls that were answered")
                                                       .Register(registry);
  prometheus::Family<prometheus::Histogram>& took =
      prometheus::BuildHistogram()
          .Name("millrace_http_call_seconds")
          .Help("From the last byte of a call to its answer")
          .Register(registry);
  prometheus::Counter& refused = prometheus::BuildCounter()
                                     .Name("millrace_http_refused_total")
                                     .Help("Calls that were refused: too many were under way")
                                     .Register(registry)
                                     .Add({});
  prometheus::Counter& reads = prometheus::BuildCounter()
                                   .Name("millrace_subscription_reads_total")
                                   .Help("States that were read for subscriptions of queries")
                                   .Register(registry)
                                   .Add({});
  prometheus::Gauge& waiting = prometheus::BuildGauge()
                                   .Name("millrace_calls_waiting")
                                   .Help("Calls that wait for flows or events")
                                   .Register(registry)
                                   .Add({});
  Summary& commits = summary("millrace_commit_seconds", "Transactions, with their flush");
  Summary& flushes = summary("millrace_flush_seconds", "Flushes of transactions that need one");

  Summary& summary(const char* name, const char* help) {
    return prometheus::BuildSummary().Name(name).Help(help).Register(registry).Add(
        {}, percentiles, percentiles_span, percentiles_slices);
  }
};

gauges::gauges() : inside_(std::make_shared<inside>()) {}
gauges::~gauges() = default;

void gauges::count_call(const char* method, const char* address, unsigned status,
                        std::chrono::duration<double> took) {
  inside_->calls.Add({{"method", method}, {"address", address}, {"status", std::to_string(status)}})
      .Increment();
  inside_->took.Add({{"method", method}, {"address", address}}, call_seconds).Observe(took.count());
}

void gauges::count_read() { inside_->reads.Increment(); }

void gauges::count_waiting(int change) { inside_->waiting.Increment(change); }

void gauges::count_refusal() { inside_->refused.Increment(); }

void gauges::count_commit(const commit_times& took) {
  inside_->commits.Observe(seconds{took.whole}.count());
  if (took.flush > duration{0}) inside_->flushes.Observe(seconds{took.flush}.count());
}

batch_watcher gauges::counts_batches() const {
  return [to = inside_](const batch_news& news) {
    auto& type = to->of_type(news.type.name);
    if (news.is_retry) return type.retries.Increment();
    if (news.handled == 0) return;
    const auto events = static_cast<double>(news.handled);
    const auto took = seconds{news.took}.count();
    type.events.Observe(events);
    type.seconds.Observe(took);
    type.events_of_late.Observe(events);
    type.seconds_of_late.Observe(took);
  };
}

gauges::batches gauges::batches_of(const std::string& type) const {
  const std::shared_lock locked{inside_->guard};
  const auto found = inside_->types.find(type);
  if (found == inside_->types.end()) return {};
  const auto& of = *found->second;
  return {.events = quantiles_of(of.events_of_late),
          .seconds = quantiles_of(of.seconds_of_late),
          .retries = static_cast<std::uint64_t>(of.retries.Value())};
}

gauges::quantiles gauges::commit_seconds() const { return quantiles_of(inside_->commits); }
gauges::quantiles gauges::flush_seconds() const { return quantiles_of(inside_->flushes); }

std::string gauges::text_of(const sources& from) const {
  snapshot made;
  add_host(made, from.counters, from.of);
  add_flows(made, from.of);
  add_admission(made, from.of, from.let_in);
  add_moment(made, from);
  add_connections(made, from);
  auto families = std::move(made).finish();
  for (auto& own : inside_->registry.Collect()) families.push_back(std::move(own));
  return prometheus::TextSerializer{}.Serialize(families);
}

}  // namespace millrace::service
