/// A host in virtual time whose handlers may take their time, and whose bounds are the test's.
#pragma once

#include <catch2/catch.hpp>

#include <string>
#include <utility>
#include <vector>

#include "base/virtual_clock.hpp"
#include "host/host_parts.hpp"
#include "store/memory_store.hpp"
#include "support/notes.hpp"

namespace millrace::test {

/// Nothing runs but by step(), in the order in which it is asked for; also from within a handler,
/// which then is one that takes long while all others go on.
struct stepped_host {
  memory_store memory;
  virtual_clock time;
  host over;

  explicit stepped_host(work_bounds bounds, host_options options = {}) : over(std::move(options)) {
    over.inside().bounds = bounds;
    over.inside().in_virtual_time = host::parts::virtual_time{.memory = &memory,
                                                              .time = &time,
                                                              .seed = 0,
                                                              .before_commit = [] { return true; },
                                                              .run_all = [this] { run(); }};
  }
  ~stepped_host() {
    memory.before_commit({});
    over.stop();
  }
  stepped_host(const stepped_host&) = delete;
  stepped_host& operator=(const stepped_host&) = delete;

  /// What another process left, before this one opens: so it is read in windows, while what is
  /// appended here is routed commit by commit.
  void begin_with(const std::vector<shop::Noted>& history) {
    std::vector<std::string> payloads;
    for (const auto& each : history) payloads.push_back(each.SerializeAsString());
    commit_batch batch;
    for (std::uint64_t i = 0; i < payloads.size(); ++i) {
      batch.events.push_back({{i}, "Noted", time.now(), payloads[i], ""});
    }
    REQUIRE(memory.commit(batch));
  }
  bool step() { return over.inside().running->step(); }
  void run() {
    while (step()) {
    }
  }
  void advance(duration by) {
    time.advance(by);
    over.inside().running->advance(by);
    run();
  }
};

}  // namespace millrace::test
