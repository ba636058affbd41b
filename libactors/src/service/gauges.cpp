#include "service/gauges.hpp"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/summary.h>
#include <prometheus/text_serializer.h>

#include <cmath>
#include <limits>

#include "host/contracts.hpp"

namespace millrace::service {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using seconds = std::chrono::duration<double>;

const prometheus::Histogram::BucketBoundaries call_seconds{
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60};

using labels = std::vector<ClientMetric::Label>;

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

  void sizes(const host_statistics& of) {
    begin("millrace_batch_events", "Events of a batch", MetricType::Histogram);
    for (const auto& type : of.types) {
      auto& histogram = add({{"type", type.name}}).histogram;
      const auto& sizes = type.activity.sizes;
      std::uint64_t sum = 0;
      for (std::size_t place = 0; place + 1 < sizes.counts.size(); ++place) {
        sum += sizes.counts[place];
        histogram.bucket.push_back({sum, static_cast<double>(batch_sizes::largest(place))});
      }
      histogram.sample_count = sizes.count();
      histogram.sample_sum = static_cast<double>(type.activity.handled);
      histogram.bucket.push_back({histogram.sample_count, std::numeric_limits<double>::infinity()});
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
  to.counter("millrace_commits_total", "Transactions, each flushed", counters.commits);
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
  to.sizes(of);
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

}  // namespace

struct gauges::inside {
  prometheus::Registry registry;
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
  prometheus::Summary& commits =
      prometheus::BuildSummary()
          .Name("millrace_commit_seconds")
          .Help("Transactions with their flush, over the last minute")
          .Register(registry)
          .Add({}, prometheus::Summary::Quantiles{{0.5, 0.02}, {0.99, 0.001}},
               std::chrono::seconds{60}, 6);
};

gauges::gauges() : inside_(std::make_unique<inside>()) {}
gauges::~gauges() = default;

void gauges::count_call(const char* method, const char* address, unsigned status,
                        std::chrono::duration<double> took) {
  inside_->calls.Add({{"method", method}, {"address", address}, {"status", std::to_string(status)}})
      .Increment();
  inside_->took.Add({{"method", method}, {"address", address}}, call_seconds).Observe(took.count());
}

void gauges::count_refusal() { inside_->refused.Increment(); }

void gauges::count_commit(std::chrono::duration<double> took) {
  inside_->commits.Observe(took.count());
}

gauges::quantiles gauges::commit_seconds() const {
  const auto summary = inside_->commits.Collect().summary;
  quantiles made;
  for (const auto& one : summary.quantile) {
    if (std::isnan(one.value)) continue;
    (one.quantile < 0.9 ? made.median : made.p99) = one.value;
  }
  return made;
}

std::string gauges::text_of(const sources& from) const {
  snapshot made;
  add_host(made, from.counters, from.of);
  add_flows(made, from.of);
  add_admission(made, from.of, from.let_in);
  add_connections(made, from);
  auto families = std::move(made).finish();
  for (auto& own : inside_->registry.Collect()) families.push_back(std::move(own));
  return prometheus::TextSerializer{}.Serialize(families);
}

}  // namespace millrace::service
