/// A journal by hand.
#pragma once

#include "base/limits.hpp"
#include "base/virtual_clock.hpp"
#include "engine/journal.hpp"
#include "unit/engine/requested.hpp"

namespace millrace::test {

/// A journal, and in `log` what it told whom, in order.
struct journals : stored_words {
  static constexpr std::uint32_t rows_at_once = 4;
  virtual_clock time{minute(1)};
  std::vector<std::string> log;
  int ready = 0;
  std::vector<std::shared_ptr<const committed>> changes;
  bool lives = true;
  journal at_work{
      stored,
      types,
      interest,
      time,
      {.on_committed =
           [this](std::shared_ptr<const committed> change) {
             log.push_back(fmt::format("committed {}-{}", change->begin.value, change->end.value));
             changes.push_back(std::move(change));
           },
       .on_ready = [this] { ++ready; },
       .before_commit = [this] { return lives; },
       .on_failed =
           [this](const error& why) {
             log.push_back("failed " + std::string{to_string(why.code)});
           }},
      rows_at_once};

  journals() { REQUIRE(at_work.open(*stored.flow_count())); }

  void note(const std::string& name, const error* why) {
    log.push_back(name + ' ' + (why == nullptr ? "done" : std::string{to_string(why->code)}));
  }
  append_request append(const std::string& name, std::vector<new_event> events) {
    auto made = append_of(std::move(events));
    made.done = [this, name](const result<positions>& outcome) {
      note(name, outcome ? nullptr : &outcome.error());
    };
    return made;
  }
  flow_commit turn(const std::string& name, flow_commit made) {
    made.done = [this, name](const result<void>& outcome) {
      note(name, outcome ? nullptr : &outcome.error());
    };
    return made;
  }
  derived_commit progress(const std::string& name) {
    derived_commit made;
    made.part.routed = position{0};
    made.done = [this, name](const result<void>& outcome) {
      note(name, outcome ? nullptr : &outcome.error());
    };
    return made;
  }
  void disk_says(std::optional<errc> code) {
    stored.before_commit([code](const commit_batch&) -> result<void> {
      if (code) return error{*code, "says the disk"};
      return {};
    });
  }
  texts told() { return std::exchange(log, {}); }
};

using worked = journal::worked;

}  // namespace millrace::test
