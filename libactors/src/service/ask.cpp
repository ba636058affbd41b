// The client's side: one request through a server's own socket.
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
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

}  // namespace

result<response> ask(const std::filesystem::path& socket, const request& wanted, duration limit) {
  auto path = socket_path::of(socket);
  if (!path) return path.error();
  asio::io_context io{1};
  beast::basic_stream<local> stream{io};
  beast::error_code ended;
  const auto keep = [&ended](beast::error_code failed, auto...) { ended = failed; };
  stream.socket().connect(local::endpoint{path->text()}, ended);
  if (ended) return error{errc::not_found, "nobody listens at " + socket.string()};
  stream.expires_after(limit);
  auto message = client_message<http::string_body>(wanted);
  message.body() = wanted.body;
  message.prepare_payload();
  http::async_write(stream, message, keep);
  // A refusal may come before all is sent: it is read in any case.
  static_cast<void>(finish(io, ended));
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(limits::append_body_size_max);
  ended = {};
  http::async_read(stream, buffer, parser, keep);
  if (auto read = finish(io, ended); !read) return read.error();
  return client_answer(parser.release());
}

}  // namespace millrace::service
