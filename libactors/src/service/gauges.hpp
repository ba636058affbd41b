/// What the service counts about itself and its host, for `/metrics`.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "millrace/admission.hpp"
#include "millrace/host.hpp"
#include "service/server.hpp"

namespace millrace::service {

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
  /// A call was refused because too many were under way.
  void count_refusal();

  /// A transaction was written and flushed.
  void count_commit(std::chrono::duration<double> took);
  /// Seconds that half of the commits and 99 of 100 took at the most, over the last minute; none:
  /// there was none.
  struct quantiles {
    std::optional<double> median, p99;
  };
  [[nodiscard]] quantiles commit_seconds() const;

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
  };
  /// In the text format of Prometheus. Labels are flow types, endpoints and statuses: bounded.
  [[nodiscard]] std::string text_of(const sources& from) const;

 private:
  struct inside;
  std::unique_ptr<inside> inside_;
};

}  // namespace millrace::service
