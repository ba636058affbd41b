/// How a caller waits for the engine's answer.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "millrace/future.hpp"
#include "millrace/result.hpp"

namespace millrace {

/// A promise that is kept in any case: with `closed` when the engine ends without an answer.
template <class T>
class kept_promise {
 public:
  kept_promise() = default;
  kept_promise(kept_promise&&) noexcept = default;
  kept_promise& operator=(kept_promise&&) = delete;
  ~kept_promise() {
    if (value_ && !answered_) {
      value_->set(error{errc::closed, "the host ended before it answered"});
    }
  }
  [[nodiscard]] millrace::future<result<T>> future() { return millrace::future<result<T>>{value_}; }
  /// Once.
  void operator()(result<T> outcome) {
    answered_ = true;
    value_->set(std::move(outcome));
  }

 private:
  std::shared_ptr<awaited_value<result<T>>> value_ = std::make_shared<awaited_value<result<T>>>();
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
  [[nodiscard]] future<result<T>> take() {
    auto made = kept_->future();
    kept_.reset();
    return made;
  }

 private:
  std::shared_ptr<kept_promise<T>> kept_ = std::make_shared<kept_promise<T>>();
};

}  // namespace millrace
