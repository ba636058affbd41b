/// How a caller waits for the engine's answer.
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <utility>

#include "millrace/result.hpp"

namespace millrace {

/// A promise that is kept in any case: with `closed` when the engine ends without an answer.
template <class T>
class kept_promise {
 public:
  kept_promise() = default;
  kept_promise(kept_promise&& other) noexcept
      : promise_(std::move(other.promise_)), answered_(std::exchange(other.answered_, true)) {}
  kept_promise& operator=(kept_promise&&) = delete;
  ~kept_promise() {
    if (!answered_) promise_.set_value(error{errc::closed, "the host ended before it answered"});
  }
  [[nodiscard]] std::future<result<T>> future() { return promise_.get_future(); }
  void operator()(result<T> outcome) {
    answered_ = true;
    promise_.set_value(std::move(outcome));
  }

 private:
  std::promise<result<T>> promise_;
  bool answered_ = false;
};

/// The same for an answer that several may hold.
template <class T>
class pending_answer {
 public:
  [[nodiscard]] std::function<void(result<T>)> keep() const {
    return [kept = kept_](result<T> outcome) { (*kept)(std::move(outcome)); };
  }
  /// Once, after the last keep().
  [[nodiscard]] std::future<result<T>> take() {
    auto future = kept_->future();
    kept_.reset();
    return future;
  }

 private:
  std::shared_ptr<kept_promise<T>> kept_ = std::make_shared<kept_promise<T>>();
};

}  // namespace millrace
