/// Whether the client of a WebSocket is still there, and takes what it is sent.
#pragma once

#include <chrono>
#include <cstddef>

#include "base/service_limits.hpp"

namespace millrace::service {

/// Looks at how many bytes went over a connection, both ways. Pure; of one connection.
class liveness {
 public:
  using moment = std::chrono::steady_clock::time_point;
  enum class verdict {
    fine,
    ask,     ///< with a ping: nothing was heard for a while
    silent,  ///< nothing was heard for too long, not even the answer to that
    deaf,    ///< it takes nothing, or too slowly, of the message that is under way
  };

  explicit liveness(moment now) : heard_at_(now) {}

  /// A message of this size is under way, until taken().
  void begins(std::size_t size, moment now) {
    is_sending_ = true;
    moved_at_ = now;
    taken_by_ = now + limits::socket_write_max + time_for(size);
  }
  void taken() { is_sending_ = false; }

  /// `heard` and `sent`: bytes since the connection began.
  verdict look(std::size_t heard, std::size_t sent, moment now) {
    if (heard != heard_) {
      heard_ = heard;
      heard_at_ = now;
      sent_then_ = sent;
      asked_ = false;
    }
    if (sent != sent_) {
      sent_ = sent;
      moved_at_ = now;
    }
    const bool stuck = now - moved_at_ > limits::socket_write_max || now > taken_by_;
    if (is_sending_ && stuck) return verdict::deaf;
    // The answer to a ping comes after all that was sent before it has been read.
    const auto silence = now - heard_at_;
    if (silence > limits::socket_idle_max + time_for(sent - sent_then_)) return verdict::silent;
    if (asked_ || silence < limits::socket_idle_max / 2) return verdict::fine;
    asked_ = true;
    return verdict::ask;
  }

 private:
  static std::chrono::seconds time_for(std::size_t size) {
    return std::chrono::seconds{size / limits::transfer_rate_min};
  }

  bool is_sending_ = false;
  moment taken_by_;
  std::size_t sent_ = 0;
  moment moved_at_;
  std::size_t heard_ = 0;
  moment heard_at_;
  std::size_t sent_then_ = 0;  // when something was heard last
  bool asked_ = false;
};

}  // namespace millrace::service
