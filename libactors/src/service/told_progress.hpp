/// What a subscription says of how far it is. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/service_limits.hpp"
#include "millrace/types.hpp"

namespace millrace::service {

/// How far a subscription is, and how far it could be.
struct reached {
  position next;  ///< all that is wanted before was sent
  position tail;
  bool blocked = false;  ///< what comes next waits for credit
};

/// Says that it caught up, or fell behind, once each in turns; and where it is, now and then, when
/// no event says so.
class told_progress {
 public:
  explicit told_progress(position from) : told_(from) {}

  void sent(position at) { told_ = at.next(); }
  /// Messages that are due. Times are steady.
  [[nodiscard]] std::vector<std::string> at(const reached& now, timestamp steady);
  /// How long until at() would say more, though nothing else came; none: it would not.
  [[nodiscard]] std::optional<duration> due_in(const reached& now, timestamp steady) const;

 private:
  position told_;
  bool caught_up_ = false;
  std::optional<timestamp> said_;
};

}  // namespace millrace::service
