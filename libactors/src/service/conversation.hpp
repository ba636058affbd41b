/// The two sides of one WebSocket.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace millrace::service {

/// Why a conversation ends, RFC 6455 7.4.1.
enum class close_code : unsigned {
  going_away = 1001,
  not_text = 1003,
  not_understood = 1008,
  failed = 1011,
  try_later = 1013,
};

/// The way to the client. Any thread; when the connection has ended the calls do nothing.
class outlet {
 public:
  virtual ~outlet() = default;
  /// So many text frames; the next call after conversation::ready().
  virtual void send(std::vector<std::string> messages) = 0;
  /// Frames that were handed to send() and are not under way yet are not sent.
  virtual void close(close_code why, std::string reason) = 0;
  /// Calls conversation::woken() then, and forgets an earlier wish.
  virtual void wake_after(std::chrono::milliseconds wait) = 0;
};

/// What is behind a WebSocket. Called on the thread of all connections: must not block.
class conversation {
 public:
  virtual ~conversation() = default;
  /// A text frame, UTF-8.
  virtual void received(std::string message) = 0;
  /// What was sent has been taken; more may be sent.
  virtual void ready() = 0;
  virtual void woken() {}
  /// The connection is gone: the last call.
  virtual void ended() = 0;
};

/// How a request becomes a conversation.
struct upgrade {
  std::string protocol;  ///< that is agreed on; empty: none
  const char* address;   ///< so many of each address may be open
  std::size_t most;
  /// Called when the WebSocket is open. Never null.
  std::function<std::shared_ptr<conversation>(std::weak_ptr<outlet> to)> open;
};

}  // namespace millrace::service
