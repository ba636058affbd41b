/// Flows and questions of the scenarios about rebuilding.
#pragma once

#include <fmt/format.h>
#include <catch2/catch.hpp>
#include <millrace/flow.hpp>

#include <string>
#include <vector>

#include "host/rebuild.hpp"
#include "host/verify.hpp"
#include "support/shop.hpp"

namespace millrace::rebuilding {

using namespace millrace::shop;

/// A query: one instance for each key; odd numbers only join.
struct tallies {
  static constexpr std::string_view name = "Tallies";
  using observes = events<Noted>;
  static millrace::route route(const Noted& e) {
    return e.number() % 2 == 0 ? starts(e.key()) : joins(e.key());
  }
  void given(const Noted& e) {
    state.set_count(state.count() + 1);
    state.set_sum(state.sum() + e.number());
  }
  Notes state;
};

/// A topic: answers every third note, with one that goes to all of them.
struct answers {
  static constexpr std::string_view name = "Answers";
  using observes = events<Noted>;
  void given(const Noted&) { state.set_count(state.count() + 1); }
  void when(const Noted& e, reactions& then) const {
    if (e.text() == "break") throw std::runtime_error{"broken"};
    if (e.number() % 3 != 0 || e.text() == "answer") return;
    auto& answer = then.emit<Noted>();
    answer.set_key(e.key());
    answer.set_number(e.number());
    answer.set_text("answer");
  }
  Notes state;
};

inline Noted note(std::int64_t number, const std::string& text = {}) {
  Noted made;
  made.set_key("k" + std::to_string(number % 7));
  made.set_number(number);
  made.set_text(text);
  return made;
}

inline std::unique_ptr<const known_types> both() {
  auto made = known_types::of({std::make_shared<const flow_type>(describe<tallies>()),
                               std::make_shared<const flow_type>(describe<answers>())});
  REQUIRE(made);
  return std::move(*made);
}

/// What a comparison finds wrong in a store.
inline std::vector<std::string> differences(const store& in) {
  std::vector<std::string> lines;
  const auto types = both();
  rebuild_settings settings;
  settings.may_use.threads = 2;
  settings.report = [&](const std::string& subject, const std::string& what) {
    lines.push_back(subject + ": " + what);
  };
  const auto counts = compare_derived(in, *types, settings);
  REQUIRE(counts);
  return lines;
}

/// And what verify finds.
inline std::vector<std::string> findings(const store& in) {
  std::vector<std::string> lines;
  const auto types = both();
  verifier check{in,
                 *types,
                 [&](const std::string& subject, const std::string& what) {
                   lines.push_back(subject + ": " + what);
                 },
                 {}};
  REQUIRE(check.run());
  return lines;
}

}  // namespace millrace::rebuilding
