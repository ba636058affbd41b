// What becomes of requests when the disk is full, the store fails, or the process dies.
#include "unit/engine/journals.hpp"

using namespace millrace;
using namespace millrace::test;

TEST_CASE_METHOD(journals, "a full disk refuses what came from outside, and holds internal work") {
  at_work.submit(append("outside", {word("a")}));
  auto reacting = turn_at(0);
  reacting.decided.reactions = {says(0, "Word")};
  at_work.submit(turn("turn", reacting));
  at_work.submit(progress("progress"));
  disk_says(errc::storage_full);
  CHECK(at_work.work() == worked::disk_full);
  CHECK(told() == texts{"outside storage_full"});
  CHECK(at_work.work() == worked::disk_full);
  CHECK(told().empty());
  CHECK_FALSE(at_work.idle());
  CHECK(stored.tail() == position{0});

  at_work.submit(append("later", {word("a")}));
  disk_says(std::nullopt);
  CHECK(at_work.work() == worked::idle);
  CHECK(told() == texts{"committed 0-2", "turn done", "progress done", "later done"});
  CHECK(lines() == texts{"Word <- 0", "Word"});
}

TEST_CASE_METHOD(journals, "a full disk refuses a turn from elsewhere, whose sender can wait") {
  auto foreign = turn_at(0);
  foreign.elsewhere.emplace();
  at_work.submit(turn("turn", foreign));
  disk_says(errc::storage_full);
  CHECK(at_work.work() == worked::disk_full);
  CHECK(told() == texts{"turn storage_full"});
  CHECK(at_work.idle());
}

TEST_CASE_METHOD(journals, "the room of what a full disk refused is given back") {
  disk_says(errc::storage_full);
  for (int i = 0; i < 3; ++i) {
    auto big = append("big", {word("a")});
    big.size = limits::queue_size_max;
    REQUIRE(at_work.submit(std::move(big)));
    at_work.work();
    CHECK(told() == texts{"big storage_full"});
  }
}

TEST_CASE_METHOD(journals, "held internal work takes no room from what comes from outside") {
  auto reacting = turn_at(0);
  reacting.decided.reactions = {says(0, "Word")};
  disk_says(errc::storage_full);
  at_work.submit(turn("turn", reacting));
  at_work.work();
  at_work.work();
  auto big = append("big", {word("a")});
  big.size = limits::queue_size_max;
  CHECK(at_work.submit(std::move(big)));
}

TEST_CASE_METHOD(journals,
                 "a failure of the store answers everything, once, and whatever follows") {
  at_work.submit(append("outside", {word("a")}));
  at_work.submit(turn("turn", turn_at(0)));
  disk_says(errc::storage_failed);
  CHECK(at_work.work() == worked::failed);
  CHECK(told() == texts{"failed storage_failed", "turn storage_failed", "outside storage_failed"});
  CHECK_FALSE(at_work.submit(append("after", {word("a")})));
  at_work.submit(progress("progress"));
  CHECK(told() == texts{"after storage_failed", "progress storage_failed"});
  CHECK(at_work.work() == worked::idle);
  CHECK_FALSE(at_work.maintain());
  CHECK(at_work.idle());
  CHECK(log.empty());
}

TEST_CASE_METHOD(journals, "what is queued behind the commit that fails is answered with it") {
  const std::vector<new_event> many(limits::commit_events_max);
  at_work.submit(append("first", many));
  at_work.submit(append("behind", {word("a")}));
  disk_says(errc::storage_failed);
  CHECK(at_work.work() == worked::failed);
  CHECK(told() == texts{"failed storage_failed", "first storage_failed", "behind storage_failed"});
}

TEST_CASE_METHOD(
    journals, "a store that contradicts itself fails the whole commit: nothing is half written") {
  commit_batch wrong;
  wrong.scheduled.push_back(
      {.at = {50}, .due = minute(5), .type = "Bell", .flow = {}, .set_by = std::nullopt});
  REQUIRE(stored.commit(wrong));
  at_work.submit(append("outside", {word("a")}));
  at_work.submit(fire_request{.due = {{50}}, .done = {}});
  at_work.submit(turn("turn", turn_at(0)));
  CHECK(at_work.work() == worked::failed);
  CHECK(told() == texts{"failed corrupt", "turn corrupt", "outside corrupt"});
  CHECK(stored.tail() == position{0});
}

TEST_CASE_METHOD(journals, "a process that dies before a commit answers nobody") {
  at_work.submit(append("first", {word("a")}));
  lives = false;
  CHECK(at_work.work() == worked::failed);
  CHECK(log.empty());
  CHECK(stored.tail() == position{0});
}
