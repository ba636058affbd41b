/// Which events flow types observe and emit, and how often they come. Pure.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "base/service_limits.hpp"
#include "documents/event.hpp"
#include "host/overview.hpp"
#include "service/recent_rate.hpp"

namespace millrace::service {

/// One thread. Times are steady.
class topology {
 public:
  topology(const known_types& known, timestamp now);

  /// An event of the timeline that stands for `weight` of them; 0: it came long ago, only that it
  /// exists is learnt.
  void see(const event_row& row, double weight, timestamp now);
  [[nodiscard]] documents::json json_of(timestamp now) const;

 private:
  using link = std::pair<std::string, std::string>;  // flow type, event type

  const known_types& known_;
  timestamp begun_;
  std::map<std::string, recent_rate, std::less<>> events_;
  std::map<link, recent_rate> emits_;
};

}  // namespace millrace::service
