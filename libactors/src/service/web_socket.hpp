/// One WebSocket. Includes Beast: for web_socket.cpp, session.cpp and server.cpp only.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/rate_policy.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <cstdint>

#include "service/conversation.hpp"
#include "service/liveness.hpp"
#include "service/session.hpp"

namespace millrace::service {

/// What went over a connection, in bytes of both directions. As fast as it can.
class traffic {
 public:
  std::size_t heard = 0;
  std::size_t sent = 0;  // the system has taken it, on the way to the client

 private:
  friend boost::beast::rate_policy_access;
  [[nodiscard]] static std::size_t available_read_bytes() { return SIZE_MAX; }
  [[nodiscard]] static std::size_t available_write_bytes() { return SIZE_MAX; }
  void transfer_read_bytes(std::size_t size) { heard += size; }
  void transfer_write_bytes(std::size_t size) { sent += size; }
  static void on_timer() {}
};

/// A connection after the upgrade. Owned by its own handlers; on the server's thread but for what
/// an outlet offers to others.
class web_socket final : public outlet, public std::enable_shared_from_this<web_socket> {
 public:
  using handshake = boost::beast::http::request<boost::beast::http::string_body>;

  web_socket(socket from, session_set& of);
  ~web_socket() override = default;
  web_socket(const web_socket&) = delete;
  web_socket& operator=(const web_socket&) = delete;

  /// Answers the request that asked for it, and goes on.
  void accept(handshake asked, upgrade to);
  /// The service ends.
  void leave() { begin_close(close_code::going_away, "the service is ending"); }

  void send(std::vector<std::string> messages) override;
  void close(close_code why, std::string reason) override;
  void wake_after(std::chrono::milliseconds wait) override;

 private:
  using error_code = boost::beast::error_code;

  void read_on();
  void arrived(error_code failed);
  void write_next();
  void pulse();
  void ping();
  void begin_close(close_code why, const std::string& reason);
  void finish();

  using connection = boost::beast::basic_stream<boost::asio::generic::stream_protocol,
                                                boost::asio::any_io_executor, traffic>;

  boost::beast::websocket::stream<connection> stream_;
  boost::beast::flat_buffer buffer_;
  boost::asio::steady_timer pause_;     // before the next message is read
  boost::asio::steady_timer deadline_;  // of the close
  boost::asio::steady_timer pulse_;
  boost::asio::steady_timer alarm_;
  session_set& of_;
  std::string address_;
  handshake asked_;
  std::shared_ptr<conversation> behind_;
  std::vector<std::string> outgoing_;
  std::size_t next_ = 0;
  std::size_t reserved_ = 0;  // of the memory for large answers, for outgoing_
  liveness client_;
  bool ping_is_under_way_ = false;
  bool closing_ = false;
  bool finished_ = false;
};

}  // namespace millrace::service
