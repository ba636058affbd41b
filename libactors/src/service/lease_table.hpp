/// Who hosts which flow elsewhere, and until when.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "millrace/result.hpp"
#include "service/epochs.hpp"
#include "store/store.hpp"

namespace millrace::service {

struct lease_wish {
  std::string key;
  std::string holder;  ///< for people
  duration length{};
  std::optional<std::uint64_t> epoch;  ///< of the lease to renew; none: a new one
};

/// What a turn was, so that a repeat of it is known.
struct turn_mark {
  std::optional<position> previous, reached;
  std::size_t digest = 0;
  friend bool operator==(const turn_mark&, const turn_mark&) = default;
};

/// Leases are in memory alone: a start knows of none, and its epochs are others than all before.
/// A lease that is not renewed in time has ended, whether or not somebody else wants it. Any
/// thread.
class lease_table {
 public:
  lease_table(const clock& time, const std::filesystem::path& directory)
      : clock_(time), numbers_(directory) {}

  /// One flow's lease. Who has it in use keeps others from it: no turn of the flow, and no other
  /// lease of it, comes between.
  struct entry {
    std::mutex busy;
    duration length{};
    std::optional<turn_mark> last;  ///< that was committed under this epoch

    // Written in use, and under the table's guard for those who list it.
    std::uint64_t epoch = 0;  ///< 0: nobody has it
    std::string holder;
    timestamp until{};  ///< steady
  };
  /// Views an entry. Move only.
  struct held {
    std::shared_ptr<entry> of;
    std::unique_lock<std::mutex> use;
  };
  /// A new lease, or the old one for longer; in use. Errors: conflict (somebody else has it; the
  /// epoch is not that of the lease), overloaded, those of epochs.
  [[nodiscard]] result<held> take(const lease_wish& wanted);
  /// The lease of this epoch; in use. Errors: conflict.
  [[nodiscard]] result<held> use(const std::string& key, std::uint64_t epoch);
  /// From now on, for as long as it was asked for.
  void renew(entry& one);
  /// One in use.
  void end(entry& one);

  struct shown {
    std::string key;
    std::uint64_t epoch = 0;
    std::string holder;
    duration left{};
  };
  /// Those that somebody has, by key, after `after`; so many at most.
  [[nodiscard]] std::vector<shown> list(std::string_view after, std::size_t most) const;

 private:
  result<std::shared_ptr<entry>> find(const std::string& key, bool make);
  [[nodiscard]] bool is_over(const entry& one) const {
    return one.epoch == 0 || one.until <= clock_.steady();
  }
  void forget_ended();

  const clock& clock_;
  mutable std::mutex guard_;
  epochs numbers_;
  std::map<std::string, std::shared_ptr<entry>, std::less<>> all_;
};

}  // namespace millrace::service
