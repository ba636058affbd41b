#include "flow/inbox.hpp"

#include <catch2/catch.hpp>

using namespace millrace;
using namespace std::chrono_literals;

namespace {

timestamp at(duration time) { return timestamp{time}; }

constexpr flush_policy policy{.count = 10, .age = 100ms};

}  // namespace

TEST_CASE("an inbox that holds nothing is never due") {
  inbox box{policy};
  CHECK_FALSE(box.due(at(1h)));
  CHECK_FALSE(box.due_by_age());
  CHECK(box.waiting() == 0);
}

TEST_CASE("at rest the first event is due at once") {
  inbox box{policy};
  box.add(1, at(0ms), false);
  CHECK(box.due(at(0ms)));
  CHECK(box.waiting() == 1);
}

TEST_CASE("while more is on its way a batch grows until its count") {
  inbox box{policy};
  box.add(4, at(0ms), true);
  CHECK_FALSE(box.due(at(0ms)));
  box.add(5, at(1ms), true);
  CHECK_FALSE(box.due(at(1ms)));
  box.add(1, at(2ms), true);
  CHECK(box.due(at(2ms)));
}

TEST_CASE("a batch is due when nothing more is on its way") {
  inbox box{policy};
  box.add(4, at(0ms), true);
  CHECK_FALSE(box.due(at(0ms)));
  box.add(1, at(1ms), false);
  CHECK(box.due(at(1ms)));
}

TEST_CASE("a batch is due when its first event has waited for the age") {
  inbox box{policy};
  box.add(1, at(10ms), true);
  box.add(1, at(90ms), true);
  CHECK(box.due_by_age() == at(110ms));
  CHECK_FALSE(box.due(at(110ms) - 1us));
  CHECK(box.due(at(110ms)));
}

TEST_CASE("what was due stays due until it is handled, however many turns that takes") {
  inbox box{policy};
  box.add(10, at(0ms), true);
  REQUIRE(box.due(at(0ms)));
  box.remove(6, at(1ms));
  CHECK(box.waiting() == 4);
  CHECK(box.due(at(1ms)));
  box.remove(3, at(2ms));
  CHECK(box.due(at(2ms)));
  box.remove(1, at(3ms));
  CHECK_FALSE(box.due(at(3ms)));
}

TEST_CASE("what comes after a flush began is not part of it, and waits from then on") {
  inbox box{policy};
  box.add(10, at(0ms), true);
  REQUIRE(box.due(at(0ms)));
  box.add(3, at(1ms), true);
  box.remove(10, at(50ms));
  CHECK(box.waiting() == 3);
  CHECK_FALSE(box.due(at(50ms)));
  CHECK(box.due_by_age() == at(150ms));
  CHECK(box.due(at(150ms)));
}

TEST_CASE("more may be dropped than waits, and a cleared inbox begins anew") {
  inbox box{policy};
  box.add(3, at(0ms), true);
  box.remove(5, at(1ms));
  CHECK(box.waiting() == 0);
  CHECK_FALSE(box.due_by_age());

  box.add(10, at(2ms), true);
  REQUIRE(box.due(at(2ms)));
  box.clear();
  CHECK_FALSE(box.due(at(1h)));
  box.add(1, at(2h), true);
  CHECK_FALSE(box.due(at(2h)));
  CHECK(box.due_by_age() == at(2h + 100ms));
}

TEST_CASE("an inbox says why its batch is due: full before dry, dry before aged") {
  inbox box{policy};
  box.add(1, at(0ms), true);
  CHECK(box.due(at(100ms)));
  CHECK(box.cause() == flush_cause::aged);
  box.add(1, at(100ms), false);
  CHECK(box.due(at(100ms)));
  CHECK(box.cause() == flush_cause::dry);
  box.add(8, at(100ms), false);
  CHECK(box.due(at(100ms)));
  CHECK(box.cause() == flush_cause::full);
  box.remove(4, at(101ms));
  box.add(1, at(101ms), true);  // and the rest of that batch stays due for the same reason
  CHECK(box.due(at(101ms)));
  CHECK(box.cause() == flush_cause::full);
}
