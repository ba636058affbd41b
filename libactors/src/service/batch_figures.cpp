#include "service/batch_figures.hpp"

namespace millrace::service {

documents::json json_of(const gauges::quantiles& of) {
  const auto value = [](std::optional<double> one) {
    return one ? documents::json(*one) : documents::json(nullptr);
  };
  return {{"p50", value(of.p50)}, {"p95", value(of.p95)}, {"p99", value(of.p99)}};
}

void add_batches(const gauges& from, documents::json& to) {
  const auto counted = from.batches_of(to["name"].get<std::string>());
  to["batch_events"] = json_of(counted.events);
  to["batch_seconds"] = json_of(counted.seconds);
  to["retries"] = counted.retries;
}

}  // namespace millrace::service
