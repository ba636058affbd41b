/// Appends to a host from threads that keep a fixed number of events in flight.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "millrace/host.hpp"

namespace millrace::bench {

struct appending {
  std::uint64_t events = 0;
  std::size_t threads = 1;
  std::size_t in_flight = 2000;  ///< events, of all threads together
  std::size_t per_call = 1;
  /// The event of a number from 0 to `events`; empty: ballast. Several threads call it.
  std::function<new_event(std::uint64_t)> make = {};
};

/// `{"ballast":"xxx..."}`: 200 bytes of JSON.
[[nodiscard]] const std::string& ballast();
[[nodiscard]] new_event ballast_event();

/// Events a second, from the first call until the last answer.
double append_all(host& to, const appending& how);

}  // namespace millrace::bench
