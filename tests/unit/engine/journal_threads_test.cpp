// Which thread does what, with a disk that takes as long as the test wants.
#include "engine/journal_threads.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>

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
        outcome ? ++answered_ : ++refused_;
        changed_.notify_all();
      };
      at_work_.submit(std::move(one));
    }
  }
  /// While the flush of one event goes on.
  void queue_behind_a_flush(std::size_t events) {
    append(1);
    wait_until([this] { return begun_ == 1; });
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

  int begun_ = 0;                     // flushes
  std::size_t written_ = 0;           // events
  std::size_t written_by_first_ = 0;  // when the first flush ended
  std::size_t most_unanswered_ = 0;   // at any time
  std::size_t answered_ = 0, refused_ = 0;

 private:
  result<void> note(const commit_batch& batch) {
    const std::scoped_lock lock{mutex_};
    written_ += batch.events.size();
    most_unanswered_ = std::max(most_unanswered_, written_ - answered_);
    changed_.notify_all();
    return {};
  }
  result<void> flush() {
    std::unique_lock lock{mutex_};
    const int mine = ++begun_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return mine <= allowed_; });
    if (mine == 1) written_by_first_ = written_;
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
  wait_until([this] { return begun_ == 1; });
  CHECK(answered_ == 0);
  let_go(1);
  wait_until([this] { return answered_ == 1; });
}

TEST_CASE_METHOD(driven, "little that comes during a flush shares the next one") {
  queue_behind_a_flush(20);
  let_go(2);
  wait_until([this] { return answered_ == 21; });
  CHECK(written_by_first_ == 1);
  CHECK(begun_ == 2);
}

TEST_CASE_METHOD(driven, "a crowd is written while the commit before it is flushed") {
  queue_behind_a_flush(3000);
  let_go(1);
  wait_until([this] { return begun_ == 2; });
  wait_until([this] { return written_ == 3001; });
  CHECK(answered_ == 1);
  let_all_go();
  wait_until([this] { return answered_ == 3001; });
}

TEST_CASE_METHOD(driven, "no more than three commits wait for a flush, whatever is queued") {
  queue_behind_a_flush(8000);
  let_go(1);
  wait_until([this] { return begun_ == 2; });
  wait_until([this] { return written_ == 1 + 3 * 1024; });
  let_all_go();
  wait_until([this] { return answered_ == 8001; });
  CHECK(most_unanswered_ == 3 * 1024);
}

TEST_CASE_METHOD(driven, "what is queued is committed and answered before the threads end") {
  append(3000);
  let_all_go();
  stop();
  CHECK(answered_ == 3000);
  CHECK(refused_ == 0);
  CHECK(stored.tail() == position{3000});
}
