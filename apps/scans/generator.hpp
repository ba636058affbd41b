/// The scan shop's input, invented: as much as is wanted, the same for the same seed.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include <scans/events.pb.h>

#include "millrace/event.hpp"

namespace scans {

/// Small, fast, and the same numbers everywhere (splitmix64); std's distributions are not.
class dice {
 public:
  explicit dice(std::uint64_t seed) : state_(seed) {}
  [[nodiscard]] std::uint64_t next();
  /// 0 to `sides` - 1.
  [[nodiscard]] std::uint64_t below(std::uint64_t sides) { return next() % sides; }
  /// From `low` to `high`, both included.
  [[nodiscard]] std::int64_t between(std::int64_t low, std::int64_t high);
  [[nodiscard]] bool one_in(std::uint64_t chances) { return below(chances) == 0; }

 private:
  std::uint64_t state_;
};

/// What comes from outside.
using shop_input = std::variant<UpdateScanRegistry, ImageWritten>;
[[nodiscard]] millrace::new_event to_event(const shop_input& input);

/// A shop with a fixed staff: everybody takes scans from the registry in shifts with breaks, a
/// lunch, mistakes in the registry, scans that are left half-way, and files that belong to no scan.
/// Inputs come in order of the shop's time. Pure: the n-th input is a function of the seed.
class generator {
 public:
  explicit generator(std::uint64_t seed);

  [[nodiscard]] shop_input next();

 private:
  struct job {
    std::string scan_id;
    std::uint32_t images = 0;
    std::uint32_t written = 0;
  };
  struct worker {
    std::string name;
    std::int64_t now = 0;  ///< when the next thing happens
    std::int64_t shift_end = 0;
    bool had_lunch = false;
    std::vector<job> jobs;  ///< the last one is at hand
  };

  [[nodiscard]] worker& earliest();
  [[nodiscard]] UpdateScanRegistry ask_for_work(worker& who);
  [[nodiscard]] ScanEntry invent_scan(const worker& who);
  void spoil(ScanEntry& entry);
  [[nodiscard]] ImageWritten write_image(worker& who);
  void pass_time(worker& who);
  void begin_shift(worker& who, std::int64_t day_begin);

  dice dice_;
  std::vector<worker> staff_;
  std::uint64_t scans_ = 0;
};

}  // namespace scans
