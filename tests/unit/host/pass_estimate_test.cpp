// How far a rebuild says it is, against how far it was when it has ended.
#include "host/pass_estimate.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <vector>

using namespace millrace;

namespace {

/// A rebuild in seconds of its own: how long a pass reads, how long all comparing takes, and how
/// many times the memory is filled by all there is to hold.
struct course {
  double gathering = 1;
  double comparing = 1;
  double fill = 1;
};

struct told {
  double at = 0;  ///< seconds since the beginning
  double done = 0;
};

/// What was told when, the end at last.
class run_of {
 public:
  explicit run_of(course of) : of_(of) {
    for (std::uint64_t first = 0;; first = last_ + 1) {
      pass(first);
      if (last_ == UINT64_MAX) break;
    }
    told_.push_back({now_, estimate_.done()});
  }
  [[nodiscard]] const std::vector<told>& all() const { return told_; }

 private:
  static constexpr int steps = 200;

  [[nodiscard]] double share(std::uint64_t first) const {
    return (static_cast<double>(last_) - static_cast<double>(first)) / 18446744073709551616.0;
  }
  void pass(std::uint64_t first) {
    last_ = UINT64_MAX;
    for (int step = 1; step <= steps; ++step) {
      const double read = double{1} * step / steps;
      while (of_.fill * share(first) * read > 1) last_ = first + (last_ - first) / 2;
      now_ += of_.gathering / steps;
      estimate_.gathered(
          {.read = read, .covers = {first, last_}, .full = of_.fill * share(first) * read});
      told_.push_back({now_, estimate_.done()});
    }
    const double comparing = of_.comparing * share(first);
    for (int step = 1; step <= steps; ++step) {
      now_ += comparing / steps;
      estimate_.compared(double{1} * step / steps);
      told_.push_back({now_, estimate_.done()});
    }
    estimate_.ended({first, last_}, {.gathering = std::chrono::duration<double>{of_.gathering},
                                     .comparing = std::chrono::duration<double>{comparing}});
  }

  course of_;
  pass_estimate estimate_;
  std::uint64_t last_ = UINT64_MAX;
  double now_ = 0;
  std::vector<told> told_;
};

}  // namespace

TEST_CASE("a rebuild of any number of passes ends at all of it, and never goes back") {
  const double fill = GENERATE(0.0, 0.4, 1.01, 3.0, 7.5, 100.0);
  const double comparing = GENERATE(0.01, 1.0, 4.0);
  const run_of made{{.gathering = 1, .comparing = comparing, .fill = fill}};
  const auto& all = made.all();
  CHECK(all.back().done == Approx(1));
  CHECK(std::is_sorted(all.begin(), all.end(),
                       [](const told& a, const told& b) { return a.done < b.done; }));
}

TEST_CASE("the time left holds over all passes") {
  const double fill = GENERATE(0.4, 1.5, 3.0, 7.5, 30.0, 100.0);
  const double comparing = GENERATE(0.5, 1.0, 2.0);
  CAPTURE(fill, comparing);
  const run_of made{{.gathering = 1, .comparing = comparing, .fill = fill}};
  const auto end = made.all().back().at;
  for (const auto& one : made.all()) {
    if (one.at < end / 20) continue;
    const double in_all = one.at / one.done;
    CAPTURE(one.at, one.done, end);
    REQUIRE(in_all > end * 0.6);
    REQUIRE(in_all < end * 1.7);
  }
}

TEST_CASE("once a pass was measured, a rebuild whose comparing is dear is told as it is") {
  const run_of made{{.gathering = 1, .comparing = 40, .fill = 7.5}};
  const auto end = made.all().back().at;
  for (const auto& one : made.all()) {
    if (one.at < end / 4) continue;
    REQUIRE(one.at / one.done > end * 0.6);
    REQUIRE(one.at / one.done < end * 1.7);
  }
}
