/// One connection. Includes Beast: for session.cpp, session_pieces.cpp and server.cpp only.
#pragma once

#include <algorithm>
#include <array>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/string_body.hpp>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/service_limits.hpp"
#include "service/server.hpp"

namespace millrace::service {

using socket = boost::asio::generic::stream_protocol::socket;

class session;
class web_socket;

/// What the connections of a server share. On its thread only, but for `counts`.
struct session_set {
  session_set(answerer& answers, connection_counts& counted) : behind(answers), counts(counted) {}

  answerer& behind;
  connection_counts& counts;
  std::set<session*> open;
  std::set<web_socket*> sockets;
  std::map<std::string, std::size_t> sockets_at;  // by address
  std::size_t bodies = 0;    ///< bytes that are reserved for bodies, and large answers
  std::size_t messages = 0;  ///< of these: for large messages of WebSockets
  bool stopping = false;

  /// False: so much is not left.
  [[nodiscard]] bool reserve(std::size_t size) {
    if (size > limits::request_bodies_size_max - bodies) return false;
    bodies += size;
    return true;
  }
  /// Of an answer: large ones wait for slow clients in the same memory as bodies do, and the
  /// largest has it alone. How much is reserved; none: it is not left.
  [[nodiscard]] std::optional<std::size_t> reserve_answer(std::size_t size) {
    if (size <= limits::answer_size_max) return 0;
    size = std::min(size, limits::request_bodies_size_max);
    return reserve(size) ? std::optional{size} : std::nullopt;
  }
  void release(std::size_t size) { bodies -= size; }
  /// Likewise of what a WebSocket sends: it leaves half of that memory to all others.
  [[nodiscard]] std::optional<std::size_t> reserve_messages(std::size_t size) {
    if (size <= limits::answer_size_max) return 0;
    size = std::min(size, limits::messages_size_max);
    if (size > limits::messages_size_max - messages || !reserve(size)) return std::nullopt;
    messages += size;
    return size;
  }
  void release_messages(std::size_t size) {
    messages -= size;
    release(size);
  }
};

/// Owned by its own handlers: it ends when none is left. On the server's thread.
class session : public std::enable_shared_from_this<session> {
 public:
  session(socket from, bool through_socket, session_set& of);
  ~session();
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  void start() { await_request(); }
  /// Closes it now, unless a request is under way: then after the answer.
  void close_when_idle();
  void close();

 private:
  using error_code = boost::beast::error_code;
  using parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
  using message = boost::beast::http::response<boost::beast::http::string_body>;

  void await_request();
  void read_head();
  void head_arrived(error_code failed);
  void read_body();
  void read_on();
  void body_arrived(error_code failed);
  [[nodiscard]] bool reserve(std::size_t size);
  void release();
  void hand_over();
  void send(response made, bool keeps_open);
  void sent(error_code failed);
  void linger();
  void refuse(error_code why);
  void converse(upgrade to);
  [[nodiscard]] std::optional<response> check_framing() const;
  void admit_body(std::size_t body_max);
  void go_on_after_head();

  // A body that is handed on while it arrives, and an answer that is made while it is sent
  // (session_pieces.cpp).
  void hand_on_body();
  void read_piece();
  void piece_arrived(error_code failed);
  void piece_handed_on(error_code failed);
  void pass_over(std::size_t size);
  void send_in_pieces(response made);
  void send_piece(std::string piece);
  void make_piece();
  void end_pieces();

  boost::beast::basic_stream<boost::asio::generic::stream_protocol> stream_;
  boost::beast::flat_buffer buffer_;
  std::optional<parser> parser_;
  request head_;
  message answer_;
  session_set& of_;
  bool through_socket_ = false;
  bool busy_ = false;        // a request is read in part, or its answer is not written yet
  bool keeps_open_ = false;  // after the answer
  std::size_t reserved_ = 0;
  std::chrono::steady_clock::time_point body_until_;
  std::size_t lingered_ = 0;

  /// A body that is handed on.
  struct incoming {
    explicit incoming(parser&& from) : read(std::move(from)) {}
    boost::beast::http::request_parser<boost::beast::http::buffer_body> read;
    std::shared_ptr<arriving_body> to;
    std::optional<boost::asio::local::stream_protocol::socket> pipe;  // none: nobody takes more
    std::array<char, 64u << 10> piece;
    bool reading = false;  // of the connection, or handing on
    bool answered = false;
  };
  std::unique_ptr<incoming> incoming_;

  /// An answer in pieces.
  struct outgoing {
    boost::beast::http::response<boost::beast::http::empty_body> head;
    std::optional<boost::beast::http::response_serializer<boost::beast::http::empty_body>> writer;
    std::function<result<std::string>()> more;
    std::string piece;
    bool in_chunks = true;  // HTTP/1.0 knows none: the end of the connection is the end
  };
  std::unique_ptr<outgoing> outgoing_;
};

}  // namespace millrace::service
