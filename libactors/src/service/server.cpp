#include "service/server.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <future>
#include <thread>

#include "base/service_limits.hpp"
#include "documents/text.hpp"
#include "service/problem.hpp"
#include "service/session.hpp"
#include "service/socket_path.hpp"
#include "service/web_socket.hpp"

namespace millrace::service {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using local = asio::local::stream_protocol;

/// Refused without a session; as much of it as fits into the socket.
constexpr std::string_view too_many =
    "HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\nconnection: close\r\n"
    "content-length: 0\r\n\r\n";

constexpr auto accept_pause = std::chrono::milliseconds{100};
// What the system keeps for a client that takes nothing; it would go up to megabytes for each.
constexpr int send_buffer_size = 128 << 10;

/// What a handler throws, for want of memory, ends its connection and no other.
void run(asio::io_context& io) {
  for (;;) {
    try {
      io.run();
      return;
    } catch (const std::exception&) {
      continue;
    }
  }
}

error unusable_address(const std::string& where, const std::string& why) {
  return {errc::invalid, fmt::format("cannot listen on {}: {}", where, why)};
}

}  // namespace

result<endpoint_address> parse_address(const std::string& text) {
  const error wrong{errc::invalid, text + " is no address like 127.0.0.1:7480 or [::1]:7480"};
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) return wrong;
  auto host = text.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  const auto port = documents::parse_number(std::string_view{text}.substr(colon + 1));
  boost::system::error_code failed;
  const auto address = asio::ip::make_address(host, failed);
  if (failed || address.is_v6() != bracketed || !port || *port > 65'535) return wrong;
  return endpoint_address{address.to_string(), static_cast<std::uint16_t>(*port)};
}

/// In the order in which one part needs the other.
struct server::inside {
  inside(answerer& behind, connection_counts& counts) : sessions(behind, counts) {}

  session_set sessions;
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  tcp::acceptor network{io};
  local::acceptor own{io};
  std::optional<socket_path> path;
  std::thread thread;

  template <class Acceptor>
  void accept(Acceptor& from);
  result<void> listen(const endpoint_address& where);
  result<void> listen(const std::filesystem::path& where);
  void end();
};

template <class Acceptor>
void server::inside::accept(Acceptor& from) {
  from.async_accept([this, &from](boost::system::error_code failed, auto made) {
    if (!from.is_open()) return;
    if (failed) {  // no descriptors are left: later there may be some
      auto pause = std::make_shared<asio::steady_timer>(io, accept_pause);
      pause->async_wait([this, &from, pause](boost::system::error_code) { accept(from); });
      return;
    }
    constexpr bool is_own = std::is_same_v<Acceptor, local::acceptor>;
    constexpr auto most = limits::connections_max - (is_own ? 0 : limits::connections_kept_free);
    if (sessions.open.size() < most) {
      std::make_shared<session>(socket{std::move(made)}, is_own, sessions)->start();
    } else {
      made.non_blocking(true, failed);
      made.write_some(asio::buffer(too_many), failed);
    }
    accept(from);
  });
}

result<void> server::inside::listen(const endpoint_address& where) {
  const tcp::endpoint at{asio::ip::make_address(where.address), where.port};
  boost::system::error_code failed;
  network.open(at.protocol(), failed);
  if (!failed) network.set_option(tcp::acceptor::reuse_address{true}, failed);
  // Those that are accepted inherit it.
  if (!failed) network.set_option(tcp::acceptor::send_buffer_size{send_buffer_size}, failed);
  if (!failed) network.bind(at, failed);
  if (!failed) network.listen(tcp::acceptor::max_listen_connections, failed);
  if (failed) {
    return unusable_address(fmt::format("{}:{}", where.address, where.port), failed.message());
  }
  accept(network);
  return {};
}

/// What is there already was left by a process that was killed: the store's lock is ours.
result<void> server::inside::listen(const std::filesystem::path& where) {
  auto short_path = socket_path::of(where);
  if (!short_path) return short_path.error();
  path.emplace(std::move(*short_path));
  ::unlink(where.c_str());
  boost::system::error_code failed;
  own.open(local{}, failed);
  if (!failed) own.bind(local::endpoint{path->text()}, failed);
  // Nobody can connect before it listens.
  if (!failed && ::chmod(where.c_str(), 0600) != 0) {
    failed = {errno, boost::system::generic_category()};
  }
  if (!failed) own.listen(local::acceptor::max_listen_connections, failed);
  if (failed) return unusable_address(where.string(), failed.message());
  accept(own);
  return {};
}

void server::inside::end() {
  sessions.stopping = true;
  boost::system::error_code ignored;
  network.close(ignored);
  own.close(ignored);
  const auto all = sessions.open;
  for (auto* each : all) each->close_when_idle();
  const auto sockets_now = sessions.sockets;
  for (auto* each : sockets_now) each->leave();
}

server::server(std::unique_ptr<inside> content) : inside_(std::move(content)) {}
server::~server() { stop(duration{0}); }

result<std::unique_ptr<server>> server::start(const options& wanted, answerer& behind,
                                              connection_counts& counts) {
  auto content = std::make_unique<inside>(behind, counts);
  if (auto listens = content->listen(wanted.listen); !listens) return listens.error();
  if (!wanted.socket.empty()) {
    if (auto listens = content->listen(wanted.socket); !listens) return listens.error();
  }
  boost::system::error_code failed;
  if (wanted.listening) wanted.listening(content->network.local_endpoint(failed).port());
  content->thread = std::thread{[&io = content->io] { run(io); }};
  return std::unique_ptr<server>{new server{std::move(content)}};
}

void server::stop(duration grace) {
  auto& own = *inside_;
  if (!own.thread.joinable()) return;
  if (own.path) ::unlink(own.path->where().c_str());
  asio::post(own.io, [&own] { own.end(); });
  own.work.reset();  // the thread ends when the last connection has
  std::promise<void> ended;
  auto idle = ended.get_future();
  std::thread joins{[&] {
    own.thread.join();
    ended.set_value();
  }};
  if (idle.wait_for(grace) != std::future_status::ready) own.io.stop();
  joins.join();
}

}  // namespace millrace::service
