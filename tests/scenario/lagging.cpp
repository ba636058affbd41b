// A type that is made from a long history holds nobody up: what is appended meanwhile reaches the
// others as ever, and the windows in memory stay within their bound.
#include <catch2/catch.hpp>

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "host/host_parts.hpp"
#include "support/notes.hpp"
#include "support/temporary_directory.hpp"

using namespace millrace;
using namespace millrace::shop;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t room = 16;
constexpr std::int64_t history = 1000;

/// Was there from the start.
struct quick {
  static constexpr std::string_view name = "Quick";
  using observes = events<Noted>;
  explicit quick(std::atomic<std::int64_t>* counter) : count(counter) {}
  void given(const Noted&) { ++*count; }
  Notes state;
  std::atomic<std::int64_t>* count;
};

/// Comes late: one instance for each window of the history.
struct late {
  static constexpr std::string_view name = "Late";
  using observes = events<Noted>;
  static millrace::route route(const Noted& e) { return starts(e.key()); }
  explicit late(std::atomic<std::int64_t>* counter) : count(counter) {}
  void given(const Noted&) { ++*count; }
  Notes state;
  std::atomic<std::int64_t>* count;
};

/// Lets nobody through until it is opened.
class gate {
 public:
  void pass() {
    std::unique_lock lock{mutex_};
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return open_; });
  }
  void await(int count) {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return waiting_ >= count; });
  }
  void open() {
    const std::scoped_lock lock{mutex_};
    open_ = true;
    changed_.notify_all();
  }
  [[nodiscard]] int waiting() {
    const std::scoped_lock lock{mutex_};
    return waiting_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int waiting_ = 0;
  bool open_ = false;
};

/// The same as late, but stuck at a gate.
struct stuck {
  static constexpr std::string_view name = "Late";
  using observes = events<Noted>;
  static millrace::route route(const Noted& e) { return starts(e.key()); }
  explicit stuck(gate* closed) : before(closed) {}
  void given(const Noted& e) {
    before->pass();
    add_to(state, e);
  }
  Notes state;
  gate* before;
};

Noted numbered(std::int64_t i) { return note(std::to_string(i / std::int64_t{room}), i); }

}  // namespace

TEST_CASE("the history of a type that comes late is read in turns with what is appended") {
  std::atomic<std::int64_t> by_quick = 0, by_late = 0;
  host_test test{{.room = room}};
  test.add<quick>({}, &by_quick);
  for (std::int64_t i = 0; i < history; ++i) test.append(numbered(i));
  test.stop();
  test.add<late>({}, &by_late);
  test.restart_paused();
  std::int64_t appended = history;
  for (; by_late < history / 2; ++appended) {
    auto answer = test.append_later({new_event::of(numbered(appended))});
    // However long the history is, it is not many windows of it that come first.
    const auto before = by_late.load();
    while (by_quick < appended + 1) REQUIRE(test.step());
    CHECK(by_late - before <= static_cast<std::int64_t>(8 * room));
    REQUIRE(answer.get());
  }
  CHECK(appended >= history + 4);
  test.advance(1s);
  CHECK(by_late == appended);
  CHECK(by_quick == appended);
}

TEST_CASE("a type that lags and is stuck holds up nobody else, and not all windows") {
  const temporary_directory place;
  std::atomic<std::int64_t> by_quick = 0;
  gate closed;
  const auto opened = [&](bool is_late) {
    auto made = std::make_unique<host>(host_options{.store = place.path(), .worker_threads = 6});
    made->inside().bounds = work_bounds::of(room);
    REQUIRE(made->add<quick>({}, &by_quick));
    if (is_late) REQUIRE(made->add<stuck>({}, &closed));
    REQUIRE(made->open());
    return made;
  };
  {
    const auto before = opened(false);
    std::vector<new_event> all;
    for (std::int64_t i = 0; i < history; ++i) all.push_back(new_event::of(numbered(i)));
    REQUIRE(before->append(std::move(all)).get());
    REQUIRE(before->wait_until_caught_up(60s));
  }
  const auto over = opened(true);
  closed.await(1);
  // It is in the middle of a window, which therefore cannot be taken from it, and another waits.
  for (std::int64_t i = history; i < history + 50; ++i) {
    const auto at = over->append(numbered(i)).get();
    const auto handled = at ? over->wait(at->front(), 60s) : result<void>{at.error()};
    CHECK(handled);
    CHECK(by_quick == i + 1);
    if (!handled) break;
  }
  CHECK(over->counters().routed == 50 + 2 * room);
  CHECK(closed.waiting() == 1);
  closed.open();
  CHECK(over->wait_until_caught_up(60s));
  CHECK(over->read<stuck>("3")->state.count() == static_cast<std::int64_t>(room));
}
