/// What the service counts about itself and its host, for `/metrics`.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "host/watching.hpp"
#include "millrace/admission.hpp"
#include "millrace/host.hpp"
#include "service/server.hpp"

namespace millrace::service {

/// Up to limits::timers_counted_max of them are counted.
struct timer_counts {
  std::uint64_t overdue = 0;  ///< due, and not fired
  std::uint64_t soon = 0;     ///< due within a minute
};

/// Any thread.
class gauges {
 public:
  gauges();
  ~gauges();
  gauges(const gauges&) = delete;
  gauges& operator=(const gauges&) = delete;

  /// One call was answered. `address` is that of its endpoint, or empty when it had none.
  void count_call(const char* method, const char* address, unsigned status,
                  std::chrono::duration<double> took);
  /// A subscription read the state of a query.
  void count_read();
  /// A call begins to wait (1), or ends (-1).
  void count_waiting(int change);
  /// A call was refused because too many were under way.
  void count_refusal();

  /// A transaction was written and flushed.
  void count_commit(const commit_times& took);
  /// What half, 95 and 99 of 100 did not exceed over the last minute; none: there was none.
  struct quantiles {
    std::optional<double> p50, p95, p99;
  };
  [[nodiscard]] quantiles commit_seconds() const;
  [[nodiscard]] quantiles flush_seconds() const;

  /// A batch was handled, or is tried again. On the threads of the flows; outlives this.
  [[nodiscard]] batch_watcher counts_batches() const;
  /// Of a type: sizes and times of batches; retries since the beginning.
  struct batches {
    quantiles events;
    quantiles seconds;
    std::uint64_t retries = 0;
  };
  [[nodiscard]] batches batches_of(const std::string& type) const;

  struct admission {
    lag_contracts agreed;
    std::optional<std::uint64_t> room;
  };
  /// What others count.
  struct sources {
    const host_counters& counters;
    const host_statistics& of;
    const admission& let_in;
    const connection_counts& connections;
    std::uint64_t monitor_left_out = 0;
    position head = {};  ///< the first position that is not routed
    timer_counts timers = {};
    std::map<std::string, std::uint64_t> mailboxes = {};  ///< entries, by type
  };
  /// In the text format of Prometheus. Labels are flow types, endpoints and statuses: bounded.
  [[nodiscard]] std::string text_of(const sources& from) const;

 private:
  struct inside;
  std::shared_ptr<inside> inside_;
};

}  // namespace millrace::service
