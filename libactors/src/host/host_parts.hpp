/// What a host is made of; opened and taken apart here.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <vector>

#include "base/clock.hpp"
#include "engine/engine.hpp"
#include "millrace/admission.hpp"
#include "millrace/host.hpp"
#include "routing/interest.hpp"
#include "store/store.hpp"
#include "wire/type_registry.hpp"

namespace millrace {

struct host::parts {
  host_options options;
  work_bounds bounds;  ///< tests make them small
  interest_table::type_list added;
  type_registry types;
  std::mutex lag_guard;
  lag_contracts lag;  ///< as agreed upon last

  /// Calls hold it shared while they use what follows; open and the end of stop hold it alone.
  std::shared_mutex usage;

  // While open, in the order in which they depend on each other.
  system_clock real_time;
  const clock* time = &real_time;
  std::unique_ptr<store> owned;
  store* stored = nullptr;
  std::unique_ptr<interest_table> interest;
  std::unique_ptr<engine> running;
  host_counters last_counters;  ///< once it is stopped

  /// Set by host_test: memory instead of a directory, steps instead of threads.
  struct virtual_time {
    store* memory = nullptr;
    const clock* time = nullptr;
    std::uint64_t seed = 0;
    std::function<bool()> before_commit;
    std::function<void()> run_all;
  };
  std::optional<virtual_time> in_virtual_time;
};

}  // namespace millrace
