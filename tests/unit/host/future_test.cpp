#include "millrace/future.hpp"

#include <catch2/catch.hpp>
#include <thread>

#include "host/pending_answer.hpp"

using namespace millrace;
using namespace std::chrono_literals;

TEST_CASE("a future has what it was answered, once") {
  kept_promise<int> promise;
  auto later = promise.future();
  CHECK(later.wait_for(0s) == std::future_status::timeout);
  CHECK(later.wait_for(1ms) == std::future_status::timeout);
  promise(7);
  CHECK(later.wait_for(0s) == std::future_status::ready);
  CHECK(later.get().value() == 7);
  CHECK_FALSE(later.valid());
  CHECK_THROWS_AS(later.get(), std::future_error);
}

TEST_CASE("a promise that nobody keeps answers closed") {
  future<result<int>> later;
  {
    kept_promise<int> promise;
    later = promise.future();
    const auto moved = std::move(promise);
    CHECK(later.wait_for(0s) == std::future_status::timeout);
  }
  CHECK(later.get().error().code == errc::closed);
}

TEST_CASE("an answer may come before anybody asks for the future") {
  pending_answer<int> answer;
  answer.keep()(7);
  CHECK(answer.take().get().value() == 7);
}

TEST_CASE("who waits is woken by the answer of another thread, however they meet") {
  for (int round = 0; round < 2000; ++round) {
    kept_promise<int> promise;
    auto later = promise.future();
    std::thread answers{[kept = std::move(promise), round]() mutable { kept(round); }};
    const auto limit = std::chrono::hours{24} * 365 * 200;
    if (round % 2 == 0) CHECK(later.wait_for(limit) == std::future_status::ready);
    CHECK(later.get().value() == round);
    answers.join();
  }
}
