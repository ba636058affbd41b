#include "dpkg-flows/recorded_events.hpp"

#include <future>

namespace dpkg_flows {

void each_recorded(millrace::host& host, millrace::position from, std::vector<std::string> types,
                   const std::function<bool(const millrace::event&)>& visit) {
  std::promise<void> over;
  bool told = false;  // only the subscription's own calls, one at a time, touch it
  const auto handler = [&](millrace::delivery kind, const millrace::event* event) {
    if (told) return;
    if (kind == millrace::delivery::event && visit(*event)) return;
    told = true;
    over.set_value();
  };
  const auto open = host.subscribe({.from = from, .types = std::move(types)}, handler);
  over.get_future().wait();
}

}  // namespace dpkg_flows
