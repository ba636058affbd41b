/// One WebSocket. Includes Beast: for web_socket.cpp, session.cpp and server.cpp only.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/websocket/stream.hpp>

#include "service/conversation.hpp"
#include "service/session.hpp"

namespace millrace::service {

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
  void begin_close(close_code why, const std::string& reason);
  void finish();

  boost::beast::websocket::stream<boost::beast::basic_stream<boost::asio::generic::stream_protocol>>
      stream_;
  boost::beast::flat_buffer buffer_;
  boost::asio::steady_timer pause_;     // before the next message is read
  boost::asio::steady_timer deadline_;  // of a write, or of the close
  boost::asio::steady_timer alarm_;
  session_set& of_;
  std::string address_;
  handshake asked_;
  std::shared_ptr<conversation> behind_;
  std::vector<std::string> outgoing_;
  std::size_t next_ = 0;
  std::size_t reserved_ = 0;  // of the memory for large answers, for outgoing_
  bool closing_ = false;
  bool finished_ = false;
};

}  // namespace millrace::service
