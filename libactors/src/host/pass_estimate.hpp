/// How far a rebuild is, while nobody knows yet how many passes it takes.
#pragma once

#include <chrono>
#include <functional>

#include "routing/inbox_builder.hpp"

namespace millrace {

/// Where the gathering of a pass is.
struct gathered_part {
  double read = 0;    ///< of the timeline, from 0 to 1
  hash_range covers;  ///< what the pass still covers
  double full = 0;    ///< of the memory it may hold
};
using gathering_teller = std::function<void(const gathered_part&)>;

/// Each pass reads the whole timeline and then compares its share of the hashes, which is as much
/// as the memory holds. How much that is, is projected from what was gathered so far; what
/// comparing costs beside reading is measured with the first pass. One thread; no clock of its own.
class pass_estimate {
 public:
  void gathered(const gathered_part& at);
  /// The present pass is gathered, and so much of it is compared, from 0 to 1.
  void compared(double part) { compared_ = part; }
  struct pass_times {
    std::chrono::duration<double> gathering;
    std::chrono::duration<double> comparing;
  };
  void ended(hash_range covered, pass_times took);

  /// Of all passes, from 0 to 1. Never goes back, so it waits when an estimate was too good.
  [[nodiscard]] double done();

 private:
  double passes_ended_ = 0;
  double covered_ = 0;  // of all hashes, by passes that have ended
  double takes_ = 1;    // of all hashes, by the present pass
  double fits_ = 1;     // of all hashes, into the memory
  double read_ = 0;
  double compared_ = 0;
  double comparing_ = 1;  // all of it, in passes over the timeline; measured: a half to two
  double shown_ = 0;
};

}  // namespace millrace
