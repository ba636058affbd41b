#include "schedule/due_queue.hpp"

#include <catch2/catch.hpp>

using namespace millrace;

namespace {

timestamp at_second(int second) { return timestamp{std::chrono::seconds{second}}; }

schedule_entry entry(int due, std::uint64_t at) {
  schedule_entry made;
  made.at = {at};
  made.due = at_second(due);
  return made;
}

std::vector<std::uint64_t> take(due_queue& queue, int now, std::size_t limit = 100) {
  std::vector<std::uint64_t> taken;
  for (const auto at : queue.take_due(at_second(now), limit)) taken.push_back(at.value);
  return taken;
}

/// Everything the store holds is in memory, and that is nothing.
due_queue empty_queue(std::size_t capacity = 10) {
  due_queue queue{capacity};
  queue.load({}, true);
  return queue;
}

using positions = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("a queue that was never loaded asks for the store at once") {
  const due_queue queue{10};
  CHECK(queue.needs_load());
  CHECK_FALSE(queue.horizon());
  CHECK(queue.next_due() == timestamp::min());
}

TEST_CASE("an empty schedule has nothing to wait for") {
  const auto queue = empty_queue();
  CHECK_FALSE(queue.needs_load());
  CHECK_FALSE(queue.next_due());
}

TEST_CASE("entries are taken in order of due time and position") {
  auto queue = empty_queue();
  queue.add(at_second(5), {1});
  queue.add(at_second(3), {9});
  queue.add(at_second(3), {2});
  CHECK(queue.next_due() == at_second(3));
  CHECK(take(queue, 5) == positions{2, 9, 1});
  CHECK_FALSE(queue.next_due());
}

TEST_CASE("what is not due stays") {
  auto queue = empty_queue();
  queue.add(at_second(3), {1});
  queue.add(at_second(4), {2});
  CHECK(take(queue, 2).empty());
  CHECK(take(queue, 3) == positions{1});
  CHECK(queue.next_due() == at_second(4));
}

TEST_CASE("at most as many as wanted are taken at once") {
  auto queue = empty_queue();
  for (std::uint64_t i = 0; i < 5; ++i) queue.add(at_second(1), {i});
  CHECK(take(queue, 1, 2) == positions{0, 1});
  CHECK(take(queue, 1, 2) == positions{2, 3});
  CHECK(take(queue, 1, 2) == positions{4});
}

TEST_CASE("a removed entry does not fire, and an unknown one may be removed") {
  auto queue = empty_queue();
  queue.add(at_second(1), {1});
  queue.remove({1});
  queue.remove({7});
  CHECK(take(queue, 9).empty());
}

TEST_CASE("an entry that is known is not added twice") {
  auto queue = empty_queue();
  queue.add(at_second(1), {1});
  queue.add(at_second(1), {1});
  CHECK(take(queue, 9) == positions{1});
}

TEST_CASE("past its capacity the queue forgets the latest and knows where to go on") {
  auto queue = empty_queue(2);
  queue.add(at_second(1), {1});
  queue.add(at_second(3), {3});
  queue.add(at_second(2), {2});
  CHECK(queue.horizon() == std::pair{at_second(2), position{2}});
  CHECK_FALSE(queue.needs_load());
  CHECK(take(queue, 9) == positions{1, 2});
  CHECK(queue.needs_load());
  CHECK(queue.next_due() == at_second(2));
  queue.load({entry(3, 3)}, true);
  CHECK_FALSE(queue.horizon());
  CHECK(take(queue, 9) == positions{3});
}

TEST_CASE("an entry past the horizon is left to the store") {
  due_queue queue{10};
  queue.load({entry(1, 1), entry(2, 2)}, false);
  queue.add(at_second(3), {3});
  queue.add(at_second(2), {5});
  queue.add(at_second(2), {1000});
  queue.add(at_second(1), {6});
  CHECK(take(queue, 9) == positions{1, 6, 2});
  CHECK(queue.needs_load());
  queue.load({entry(2, 5), entry(2, 1000), entry(3, 3)}, true);
  CHECK(take(queue, 9) == positions{5, 1000, 3});
}

TEST_CASE("more than fits may be loaded") {
  due_queue queue{2};
  queue.load({entry(1, 1), entry(2, 2), entry(3, 3)}, true);
  CHECK(queue.horizon() == std::pair{at_second(2), position{2}});
  CHECK(take(queue, 9) == positions{1, 2});
  CHECK(queue.needs_load());
}

TEST_CASE("what was taken is not loaded again before its firing is committed") {
  auto queue = empty_queue(1);
  queue.add(at_second(7), {7});
  CHECK(take(queue, 9) == positions{7});
  queue.add(at_second(5), {5});
  queue.add(at_second(6), {6});  // forgotten: the store is asked after 5, and still holds 7
  CHECK(take(queue, 9) == positions{5});
  queue.load({entry(6, 6), entry(7, 7)}, true);
  CHECK(take(queue, 9) == positions{6});
  CHECK(take(queue, 9).empty());
  queue.remove({7});
  CHECK(take(queue, 9).empty());
}

TEST_CASE("equal due times at the horizon are told apart by position") {
  auto queue = empty_queue(1);
  queue.add(at_second(1), {1});
  queue.add(at_second(1), {2});
  CHECK(queue.horizon() == std::pair{at_second(1), position{1}});
  queue.add(at_second(1), {2});
  CHECK(take(queue, 9) == positions{1});
  queue.load({entry(1, 2)}, true);
  CHECK(take(queue, 9) == positions{2});
}
