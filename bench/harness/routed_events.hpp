/// Windows of events as the router leaves them: decoded, and cut into a delivery for each flow.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/lease.hpp"
#include "engine/messages.hpp"
#include "messages.pb.h"
#include "millrace/flow.hpp"
#include "routing/interest.hpp"
#include "wire/type_registry.hpp"

namespace millrace::bench {

/// Counts what it is given; one of three types that are alike.
template <int which>
struct counting {
  static constexpr std::string_view names[] = {"CountingA", "CountingB", "CountingC"};
  static constexpr std::string_view name = names[which];
  using observes = events<Moved>;
  static millrace::route route(const Moved& e) { return starts(e.item()); }
  void given(const Moved&) { state.set_count(state.count() + 1); }
  Moves state;
};

inline constexpr std::uint32_t types_count = 3;
inline constexpr std::uint32_t flows_count = 20'000;
[[nodiscard]] constexpr std::uint32_t type_of(std::uint32_t flow) { return flow % types_count; }

/// What a window holds for one flow.
struct counting_delivery {
  std::uint32_t flow = 0;  ///< below flows_count
  std::uint32_t first = 0;
  std::uint32_t count = 0;
};
struct routed_events {
  window_lease::content content;
  std::vector<counting_delivery> deliveries;  ///< in the order of each flow's first event
};

/// Makes events that go to one flow of each type, in no order.
class events_at_hand {
 public:
  events_at_hand();
  [[nodiscard]] const type_registry& types() const { return types_; }
  [[nodiscard]] const interest_table::type_list& flow_types() const { return flow_types_; }
  /// The next events of the timeline.
  [[nodiscard]] routed_events next(std::uint32_t count);

 private:
  type_registry types_;
  interest_table::type_list flow_types_;
  std::uint64_t tail_ = 0;
};

}  // namespace millrace::bench
