/// How calls of a host wait for the engine's answer.
#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <utility>

#include "host/host_parts.hpp"

namespace millrace {

/// Why no call can be made; none: the host is open and its engine works.
[[nodiscard]] inline std::optional<error> unusable(const host::parts& parts) {
  if (!parts.running) return error{errc::closed, "the host is not open"};
  return parts.running->failure();
}

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

inline constexpr duration answer_limit = std::chrono::minutes{1};

/// In virtual time everything runs first that can.
template <class T>
result<T> await(host::parts& parts, pending_answer<T>& answer, duration limit = answer_limit) {
  if (parts.in_virtual_time) {
    parts.in_virtual_time->run_all();
    limit = duration{0};
  }
  auto future = answer.take();
  if (future.wait_for(limit) != std::future_status::ready) {
    return error{errc::timed_out, "the time limit passed first"};
  }
  return future.get();
}

}  // namespace millrace
