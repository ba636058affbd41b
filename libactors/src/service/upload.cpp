// The client's side: a body that is made while it is sent, through a server's own socket.
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>
#include <sstream>

#include "base/service_limits.hpp"
#include "service/client_message.hpp"
#include "service/server.hpp"
#include "service/socket_path.hpp"

namespace millrace::service {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using local = asio::local::stream_protocol;
using kind = body_piece::kind;

constexpr int beat_ms = 500;  // for those who tell how far it is
constexpr std::size_t piece_size = 64u << 10;

/// One upload. It waits for the socket and for what its body names, and never longer than a beat.
class uploading {
 public:
  uploading(local::socket& to, const std::function<body_piece(std::span<char>)>& next)
      : to_(to), next_(next) {}

  /// False: broken, or the other side is gone.
  bool send_head(const request& wanted) {
    auto message = client_message<http::empty_body>(wanted);
    message.chunked(true);
    std::ostringstream head;
    head << message.base();
    return send(head.str());
  }
  /// Until the body ends, or the server answers, which it may do before. False: broken.
  bool send_body() {
    std::array<char, piece_size> room;
    while (!has_answer_) {
      const auto piece = next_(room);
      if (piece.what == kind::broken) return false;
      if (piece.what == kind::nothing_yet) {
        wait(0, piece.wake);
        continue;
      }
      const auto size = piece.what == kind::bytes ? piece.size : 0;
      const auto chunk = fmt::format("{:x}\r\n{}\r\n", size, std::string_view{room.data(), size});
      if (!send(chunk)) return has_answer_;
      if (piece.what == kind::end) break;
    }
    return true;
  }
  /// False: broken, or `limit` passed.
  bool await_answer(std::chrono::steady_clock::time_point limit) {
    while (!has_answer_) {
      const auto piece = next_({});
      if (piece.what == kind::broken || std::chrono::steady_clock::now() > limit) return false;
      wait(0, piece.wake);
    }
    return true;
  }

 private:
  bool send(std::string_view bytes) {
    while (!bytes.empty() && !has_answer_) {
      const auto sent =
          ::send(to_.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
      const bool full = sent < 0 && (errno == EAGAIN || errno == EINTR);
      if (sent < 0 && !full) {  // it may have said why before it left
        wait(0, {-1, -1});
        return false;
      }
      if (!full) continue;
      const auto piece = next_({});
      if (piece.what == kind::broken) return false;
      wait(POLLOUT, piece.wake);
    }
    return bytes.empty();
  }
  void wait(short for_what, const std::array<int, 2>& wake) {
    std::array<pollfd, 3> watched{{{to_.native_handle(), static_cast<short>(POLLIN | for_what), 0},
                                   {wake[0], POLLIN, 0},
                                   {wake[1], POLLIN, 0}}};
    const int ready = ::poll(watched.data(), watched.size(), beat_ms);
    if (ready > 0 && (watched[0].revents & (POLLIN | POLLHUP)) != 0) has_answer_ = true;
  }

  local::socket& to_;
  const std::function<body_piece(std::span<char>)>& next_;
  bool has_answer_ = false;  // or the end of the connection
};

result<response> read_answer(local::socket& from) {
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(limits::append_body_size_max);
  beast::error_code failed;
  http::read(from, buffer, parser, failed);
  if (failed) {
    return error{errc::closed, "the daemon ended before it answered: " + failed.message()};
  }
  return client_answer(parser.release());
}

}  // namespace

result<response> upload(const std::filesystem::path& socket, const request& wanted,
                        const std::function<body_piece(std::span<char>)>& next, duration limit) {
  auto path = socket_path::of(socket);
  if (!path) return path.error();
  asio::io_context io{1};
  local::socket to{io};
  beast::error_code failed;
  to.connect(local::endpoint{path->text()}, failed);
  if (failed) return error{errc::not_found, "nobody listens at " + socket.string()};
  uploading all{to, next};
  if (!all.send_head(wanted) || !all.send_body()) {
    return error{errc::closed, "the connection to the daemon ended"};
  }
  const auto until = std::chrono::steady_clock::now() + limit;
  if (!all.await_answer(until)) {
    return error{errc::closed, "the daemon has not answered"};
  }
  return read_answer(to);
}

}  // namespace millrace::service
