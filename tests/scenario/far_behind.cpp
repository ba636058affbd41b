// Who is far behind keeps more in memory, and writes it when that is worth it.
#include <catch2/catch.hpp>

#include "support/stepped_host.hpp"

using namespace millrace;
using namespace millrace::shop;
using namespace millrace::test;

namespace {

constexpr std::size_t window = 16;
constexpr std::size_t awake_at_tail = 4;
constexpr std::int64_t flows = 2000;

/// A host that is given a history of notes, one for each flow, and notes how far it was routed
/// when inboxes were written.
struct writing : stepped_host {
  std::vector<position> writes;

  explicit writing(bool runs = true) : stepped_host{bounds(), {.store = {}, .run_flows = runs}} {
    memory.before_commit([this](const commit_batch& batch) -> result<void> {
      if (!batch.postings.empty()) writes.push_back(*batch.routed);
      return {};
    });
    std::vector<Noted> all;
    for (std::int64_t i = 0; i < flows; ++i) all.push_back(note(std::to_string(i), i));
    begin_with(all);
    REQUIRE(over.add<notes>());
    REQUIRE(over.open());
    run();
  }

 private:
  static work_bounds bounds() {
    work_bounds made;
    made.window = window;
    made.windows = 3 * window;
    made.awake_flows = 2 * flows;
    made.awake_at_tail = awake_at_tail;
    return made;
  }
};

}  // namespace

TEST_CASE("a replay over many flows is not written to their inboxes window by window") {
  const writing that;
  REQUIRE_FALSE(that.writes.empty());
  CHECK(that.writes.front() >= position{flows - window});  // near the tail
}

TEST_CASE("at the tail the inboxes of a few flows are written as soon as they are too many") {
  writing that;
  that.advance(limits::postings_age_max);
  that.advance(limits::postings_age_max);
  for (std::size_t i = 0; i < 5 * awake_at_tail; ++i) {
    const auto before = that.writes.size();
    auto answer = that.over.append(new_event::of(note(std::to_string(i), 0)));
    that.run();
    REQUIRE(answer.get());
    CHECK(that.writes.size() - before == ((i + 1) % awake_at_tail == 0 ? 1 : 0));
  }
}

TEST_CASE("where no flows run, a history is written window by window") {
  const writing that{false};
  REQUIRE_FALSE(that.writes.empty());
  CHECK(that.writes.front() == position{window});
}
