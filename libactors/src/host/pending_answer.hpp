/// How a caller waits for the engine's answer.
#pragma once

#include <functional>
#include <future>
#include <memory>

#include "millrace/result.hpp"

namespace millrace {

/// A promise that is kept in any case: with `closed` when the engine ends without an answer.
template <class T>
class pending_answer {
 public:
  [[nodiscard]] std::function<void(result<T>)> keep() const {
    return [kept = kept_](result<T> outcome) { kept->answer(std::move(outcome)); };
  }
  /// Once, after the last keep().
  [[nodiscard]] std::future<result<T>> take() {
    auto future = kept_->promise.get_future();
    kept_.reset();
    return future;
  }

 private:
  struct promised {
    std::promise<result<T>> promise;
    bool answered = false;

    ~promised() {
      if (!answered) promise.set_value(error{errc::closed, "the host ended before it answered"});
    }
    void answer(result<T> outcome) {
      answered = true;
      promise.set_value(std::move(outcome));
    }
  };
  std::shared_ptr<promised> kept_ = std::make_shared<promised>();
};

}  // namespace millrace
