/// Flows over `Noted`: what most scenarios need.
#pragma once

#include <millrace/flow.hpp>
#include <millrace/host_test.hpp>

#include <stdexcept>
#include <string>

#include "support/shop.pb.h"

namespace millrace::shop {

inline Noted note(std::string key, std::int64_t number, std::string text = {}) {
  Noted made;
  made.set_key(std::move(key));
  made.set_number(number);
  made.set_text(std::move(text));
  return made;
}

inline void add_to(Notes& state, const Noted& e) {
  state.set_count(state.count() + 1);
  state.set_sum(state.sum() + e.number());
  state.set_last(e.number());
  state.add_numbers(e.number());
}

/// One instance for each key, keeping all numbers in order.
struct notes {
  static constexpr std::string_view name = "Notes";
  using observes = events<Noted>;
  static millrace::route route(const Noted& e) { return starts(e.key()); }
  void given(const Noted& e) { add_to(state, e); }
  Notes state;
};

/// One instance for all.
struct all_notes {
  static constexpr std::string_view name = "AllNotes";
  using observes = events<Noted>;
  void given(const Noted& e) { add_to(state, e); }
  Notes state;
};

/// Throws at one number as long as `broken` says so: a bug that somebody fixes.
struct fragile {
  static constexpr std::string_view name = "Fragile";
  using observes = events<Noted>;
  static millrace::route route(const Noted& e) { return starts(e.key()); }

  fragile(std::int64_t at, const bool* is_broken) : bad(at), broken(is_broken) {}
  void given(const Noted& e) {
    add_to(state, e);
    if (e.number() == bad && *broken) throw std::runtime_error{"cannot digest " + e.key()};
  }
  Notes state;
  std::int64_t bad;
  const bool* broken;
};

/// The same with a state so large that it is seldom saved, and the rest replayed.
struct heavy_fragile : fragile {
  static constexpr std::string_view name = "HeavyFragile";
  using fragile::fragile;

  void given(const Noted& e) {
    if (state.ballast().empty()) state.set_ballast(std::string(8192, 'x'));
    fragile::given(e);
  }
};

inline std::vector<std::int64_t> numbers(const Notes& state) {
  return {state.numbers().begin(), state.numbers().end()};
}

}  // namespace millrace::shop
