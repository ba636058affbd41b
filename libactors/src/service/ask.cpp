// The client's side: one request through a server's own socket.
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

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

/// Runs what was begun; the stream's own deadline ends it.
result<void> finish(asio::io_context& io, const beast::error_code& ended) {
  io.restart();
  io.run();
  if (!ended) return {};
  if (ended == beast::error::timeout) {
    return error{errc::timed_out, "the daemon did not answer in time"};
  }
  return error{errc::closed, "the daemon ended before it answered: " + ended.message()};
}

/// Connected, and the request is on its way.
result<void> begin(beast::basic_stream<local>& stream, asio::io_context& io,
                   const std::filesystem::path& socket, const request& wanted, duration limit) {
  auto path = socket_path::of(socket);
  if (!path) return path.error();
  beast::error_code ended;
  stream.socket().connect(local::endpoint{path->text()}, ended);
  if (ended) return error{errc::not_found, "nobody listens at " + socket.string()};
  stream.expires_after(limit);
  auto message = client_message<http::string_body>(wanted);
  message.body() = wanted.body;
  message.prepare_payload();
  http::async_write(stream, message, [&ended](beast::error_code failed, auto) { ended = failed; });
  // A refusal may come before all is sent: it is read in any case.
  static_cast<void>(finish(io, ended));
  return {};
}

}  // namespace

result<response> ask(const std::filesystem::path& socket, const request& wanted, duration limit) {
  asio::io_context io{1};
  beast::basic_stream<local> stream{io};
  if (auto begun = begin(stream, io, socket, wanted, limit); !begun) return begun.error();
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(limits::append_body_size_max);
  beast::error_code ended;
  http::async_read(stream, buffer, parser,
                   [&ended](beast::error_code failed, auto) { ended = failed; });
  if (auto read = finish(io, ended); !read) return read.error();
  return client_answer(parser.release());
}

result<response> listen(const std::filesystem::path& socket, const request& wanted,
                        duration silence_max, const std::function<bool(std::string_view)>& take) {
  asio::io_context io{1};
  beast::basic_stream<local> stream{io};
  if (auto begun = begin(stream, io, socket, wanted, silence_max); !begun) return begun.error();
  beast::flat_buffer buffer;
  http::response_parser<http::buffer_body> parser;
  parser.body_limit(boost::none);
  beast::error_code ended;
  const auto keep = [&ended](beast::error_code failed, auto) { ended = failed; };
  http::async_read_header(stream, buffer, parser, keep);
  if (auto read = finish(io, ended); !read) return read.error();
  response made;
  made.status = parser.get().result_int();
  std::array<char, 16u << 10> room;
  while (!parser.is_done()) {
    auto& body = parser.get().body();
    body.data = room.data();
    body.size = room.size();
    stream.expires_after(silence_max);
    http::async_read_some(stream, buffer, parser, keep);
    auto read = finish(io, ended);
    if (!read && ended != http::error::need_buffer) return read.error();
    const std::string_view piece{room.data(), room.size() - parser.get().body().size};
    if (made.status >= 300) {
      made.body += piece;
      if (made.body.size() > limits::answer_size_max) break;
    } else if (!piece.empty() && !take(piece)) {
      return error{errc::closed, "nobody wants the rest of the answer"};
    }
  }
  return made;
}

}  // namespace millrace::service
