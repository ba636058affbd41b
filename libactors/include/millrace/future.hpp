/// What a call comes to, later: of another thread.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace millrace {

/// Where one thread puts a value that others wait for. Whoever waits says so first, so that a value
/// that nobody waits for yet costs an atomic exchange.
template <class T>
class awaited_value {
 public:
  /// Once. Any thread.
  void set(T value) {
    value_.emplace(std::move(value));
    if (stage_.exchange(stage::made, std::memory_order_acq_rel) != stage::awaited) return;
    const std::scoped_lock lock{mutex_};  // who waits sleeps by now, or will see it
    changed_.notify_all();
  }
  [[nodiscard]] bool is_made() const {
    return stage_.load(std::memory_order_acquire) == stage::made;
  }
  void wait() {
    if (is_made()) return;
    std::unique_lock lock{mutex_};
    announce();
    changed_.wait(lock, [this] { return is_made(); });
  }
  /// Whether it is made by then.
  bool wait_until(std::chrono::steady_clock::time_point until) {
    if (is_made()) return true;
    std::unique_lock lock{mutex_};
    announce();
    return changed_.wait_until(lock, until, [this] { return is_made(); });
  }
  /// Once, after it is made.
  T take() { return std::move(*value_); }

 private:
  enum class stage { open, awaited, made };
  void announce() {
    auto present = stage::open;
    stage_.compare_exchange_strong(present, stage::awaited, std::memory_order_acq_rel);
  }

  std::atomic<stage> stage_{stage::open};
  std::optional<T> value_;
  std::mutex mutex_;
  std::condition_variable changed_;
};

/// As std::future, for the calls of a host: get() waits, and once is all. Setting a std::promise
/// asks the kernel each time whether somebody sleeps, which takes longer than to write the event
/// that is answered. One thread at a time.
template <class T>
class future {
 public:
  future() = default;
  explicit future(std::shared_ptr<awaited_value<T>> from) : from_(std::move(from)) {}

  [[nodiscard]] bool valid() const { return from_ != nullptr; }
  void wait() const { present().wait(); }
  /// `timeout` when it is not there by then; never `deferred`. A limit of years is a year.
  template <class Rep, class Period>
  std::future_status wait_for(std::chrono::duration<Rep, Period> limit) const {
    if (present().is_made()) return std::future_status::ready;
    if (limit <= limit.zero()) return std::future_status::timeout;
    constexpr auto year = std::chrono::hours{24} * 365;
    const auto now = std::chrono::steady_clock::now();
    const auto until = now + (limit < year ? std::chrono::ceil<std::chrono::nanoseconds>(limit)
                                           : std::chrono::nanoseconds{year});
    return present().wait_until(until) ? std::future_status::ready : std::future_status::timeout;
  }
  /// Waits for the value and takes it; the future is not valid afterwards.
  T get() {
    present().wait();
    return std::exchange(from_, nullptr)->take();
  }

 private:
  awaited_value<T>& present() const {
    if (!from_) throw std::future_error{std::future_errc::no_state};
    return *from_;
  }
  std::shared_ptr<awaited_value<T>> from_;
};

}  // namespace millrace
