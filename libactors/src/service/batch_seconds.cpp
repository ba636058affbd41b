#include "service/batch_seconds.hpp"

#include <cmath>

namespace millrace::service {

void add_batch_seconds(const gauges& from, documents::json& to) {
  const auto counted = from.batches_of(to["name"].get<std::string>());
  const auto bound = [](std::optional<double> value) {
    return value && std::isfinite(*value) ? documents::json(*value) : documents::json(nullptr);
  };
  to["batch_seconds"] = {
      {"p50", bound(counted.p50)}, {"p95", bound(counted.p95)}, {"p99", bound(counted.p99)}};
  to["retries"] = counted.retries;
}

}  // namespace millrace::service
