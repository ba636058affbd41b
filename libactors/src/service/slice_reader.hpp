/// What a subscription sends next, read from the store.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "service/call.hpp"
#include "service/subscription_request.hpp"
#include "service/told_progress.hpp"

namespace millrace::service {

struct slice {
  std::vector<std::string> messages;
  std::uint64_t cost = 0;         ///< of them in credit
  bool goes_on = false;           ///< more can be read at once
  std::optional<duration> again;  ///< look again then, whatever comes
};

/// Reads as much as fits into a slice. One thread at a time.
class slice_reader {
 public:
  virtual ~slice_reader() = default;
  /// Errors end the subscription: those of the store and the host.
  [[nodiscard]] virtual result<slice> read(std::uint64_t credit) = 0;
};

/// Events of the timeline, or of a flow.
[[nodiscard]] std::unique_ptr<slice_reader> read_events(const parts& of, subscription_wish wanted);
/// The state of a query. Errors: unknown_type.
[[nodiscard]] result<std::unique_ptr<slice_reader>> read_states(const parts& of,
                                                                subscription_wish wanted);

}  // namespace millrace::service
