/// Which flows were committed, or routed to, since somebody last looked.
#pragma once

#include <mutex>
#include <unordered_set>
#include <vector>

#include "base/service_limits.hpp"
#include "store/store.hpp"

namespace millrace::service {

/// A thread of the journal notes, one other takes. Bounded: what does not fit is not known by
/// number.
class touched_flows {
 public:
  struct news {
    std::vector<flow_number> stopped;  ///< committed an error
    std::vector<flow_number> others;
    bool incomplete = false;  ///< there may be more
    [[nodiscard]] bool empty() const { return stopped.empty() && others.empty() && !incomplete; }
  };

  /// True: a flow stopped, and somebody looks.
  bool note(const commit_batch& written) {
    const std::scoped_lock lock{mutex_};
    if (!wanted_) return false;
    const auto known = stopped_.size();
    for (const auto& one : written.checkpoints) {
      add(one.checkpoint.has_error_position() ? stopped_ : others_, one.flow);
    }
    for (const auto& one : written.postings) add(others_, one.flow);
    // Types may have been switched, adopted or parked: counting finds out.
    types_changed_ = types_changed_ || !written.flow_types.empty();
    return stopped_.size() > known;
  }
  /// What came since the last call. The first call begins it.
  [[nodiscard]] news take() {
    const std::scoped_lock lock{mutex_};
    news made{{stopped_.begin(), stopped_.end()},
              {others_.begin(), others_.end()},
              overflowed_ || types_changed_};
    clear();
    wanted_ = true;
    return made;
  }
  /// Nobody looks any more: notes nothing until the next take().
  void rest() {
    const std::scoped_lock lock{mutex_};
    clear();
    wanted_ = false;
  }

 private:
  void add(std::unordered_set<flow_number>& to, flow_number one) {
    if (to.size() < limits::touched_flows_max) {
      to.insert(one);
    } else {
      overflowed_ = true;
    }
  }
  void clear() {
    stopped_.clear();
    others_.clear();
    overflowed_ = types_changed_ = false;
  }

  std::mutex mutex_;
  bool wanted_ = false;
  bool overflowed_ = false;
  bool types_changed_ = false;
  std::unordered_set<flow_number> stopped_;
  std::unordered_set<flow_number> others_;
};

}  // namespace millrace::service
