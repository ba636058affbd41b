/// Large states become JSON one after the other: as text they are a multiple of what they are.
#pragma once

#include <cstddef>
#include <mutex>
#include <optional>

#include "base/service_limits.hpp"
#include "millrace/result.hpp"

namespace millrace::service {

/// Any thread. Nobody waits for a turn with a thread.
class large_states {
 public:
  /// Goes with it; a small state has one always.
  using turn = std::unique_lock<std::mutex>;
  /// None: somebody else has it.
  [[nodiscard]] std::optional<turn> take(std::size_t state_size) {
    if (state_size <= limits::large_state_size) return turn{};
    turn made{one_, std::try_to_lock};
    return made.owns_lock() ? std::optional{std::move(made)} : std::nullopt;
  }
  [[nodiscard]] static error taken() {
    return {errc::overloaded, "another large state is made into JSON at the moment"};
  }

 private:
  std::mutex one_;
};

}  // namespace millrace::service
