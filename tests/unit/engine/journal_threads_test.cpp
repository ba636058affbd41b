// Which thread does what, with a disk that takes as long as the test wants.
#include "engine/journal_threads.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "unit/engine/requested.hpp"

using namespace millrace;
using namespace millrace::test;

namespace {

/// A journal on its threads, over a store whose flushes wait until they are let go.
class driven : protected stored_words {
 public:
  driven() {
    REQUIRE(at_work_.open(*stored.flow_count()));
    stored.before_commit([this](const commit_batch& batch) { return note(batch); });
    stored.at_flush([this] { return flush(); });
    threads_.start();
  }
  ~driven() { let_all_go(); }

 protected:
  void append(std::size_t events) {
    for (std::size_t i = 0; i < events; ++i) {
      auto one = append_of({word("a")});
      one.done = [this](const result<positions>& outcome) {
        const std::scoped_lock lock{mutex_};
        outcome ? ++answered : ++refused;
        changed_.notify_all();
      };
      at_work_.submit(std::move(one));
    }
  }
  /// While the flush of one event goes on.
  void queue_behind_a_flush(std::size_t events) {
    append(1);
    wait_until([this] { return begun == 1; });
    append(events);
  }
  /// Flushes number 1 to `count` may end.
  void let_go(int count) {
    const std::scoped_lock lock{mutex_};
    allowed_ = count;
    changed_.notify_all();
  }
  void let_all_go() { let_go(1 << 20); }
  template <class Condition>
  void wait_until(Condition holds) {
    std::unique_lock lock{mutex_};
    REQUIRE(changed_.wait_for(lock, std::chrono::seconds{20}, holds));
  }
  void stop() { threads_.stop(); }

  int begun = 0;                     // flushes
  std::size_t written = 0;           // events
  std::size_t written_by_first = 0;  // when the first flush ended
  std::size_t most_unanswered = 0;   // at any time
  std::size_t answered = 0, refused = 0;

 private:
  result<void> note(const commit_batch& batch) {
    const std::scoped_lock lock{mutex_};
    written += batch.events.size();
    most_unanswered = std::max(most_unanswered, written - answered);
    changed_.notify_all();
    return {};
  }
  result<void> flush() {
    std::unique_lock lock{mutex_};
    const int mine = ++begun;
    changed_.notify_all();
    changed_.wait(lock, [&] { return mine <= allowed_; });
    if (mine == 1) written_by_first = written;
    return {};
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  int allowed_ = 0;
  const system_clock time_;
  journal at_work_{stored,
                   types,
                   interest,
                   time_,
                   {.on_committed = [](const auto&) {},
                    .on_ready = [this] { threads_.wake(); },
                    .before_commit = {},
                    .on_failed = [](const error&) {}}};
  journal_threads threads_{at_work_};
};

}  // namespace

TEST_CASE_METHOD(driven, "one append is written, flushed and answered") {
  append(1);
  wait_until([this] { return begun == 1; });
  CHECK(answered == 0);
  let_go(1);
  wait_until([this] { return answered == 1; });
}

TEST_CASE_METHOD(driven, "little that comes during a flush shares the next one") {
  queue_behind_a_flush(20);
  let_go(2);
  wait_until([this] { return answered == 21; });
  CHECK(written_by_first == 1);
  CHECK(begun == 2);
}

TEST_CASE_METHOD(driven, "a crowd is written while the commit before it is flushed") {
  queue_behind_a_flush(3000);
  let_go(1);
  wait_until([this] { return begun == 2; });
  wait_until([this] { return written == 3001; });
  CHECK(answered == 1);
  let_all_go();
  wait_until([this] { return answered == 3001; });
}

TEST_CASE_METHOD(driven, "no more than three commits wait for a flush, whatever is queued") {
  queue_behind_a_flush(8000);
  let_go(1);
  wait_until([this] { return begun == 2; });
  wait_until([this] { return written == 1 + std::size_t{3} * 1024; });
  let_all_go();
  wait_until([this] { return answered == 8001; });
  CHECK(most_unanswered == std::size_t{3} * 1024);
}

TEST_CASE_METHOD(driven, "what comes during the last flush is committed before the threads end") {
  queue_behind_a_flush(20);
  std::thread ends{[this] { stop(); }};
  let_go(2);
  ends.join();
  CHECK(answered == 21);
  CHECK(refused == 0);
}

TEST_CASE_METHOD(driven, "what is queued is committed and answered before the threads end") {
  append(3000);
  let_all_go();
  stop();
  CHECK(answered == 3000);
  CHECK(refused == 0);
  CHECK(stored.tail() == position{3000});
}
