/// Connections: bytes to requests, answers to bytes. Knows HTTP and no call.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <variant>

#include "millrace/result.hpp"
#include "millrace/types.hpp"
#include "service/conversation.hpp"
#include "service/message.hpp"

namespace millrace::service {

/// Any thread.
struct connection_counts {
  std::atomic<std::size_t> connections = 0;  ///< open, not WebSockets
  std::atomic<std::size_t> sockets = 0;      ///< open WebSockets
  std::atomic<std::uint64_t> sockets_opened = 0;
  std::atomic<std::uint64_t> sockets_dropped = 0;  ///< they did not take what was sent
  std::atomic<std::uint64_t> socket_messages = 0;  ///< sent
};

/// The body is handed on while it arrives, and the connection ends after the answer.
struct as_it_comes {};

/// What stands behind the connections. All calls come on the server's one thread.
class answerer {
 public:
  virtual ~answerer() = default;
  /// The header is there, the body is not: how many bytes of it to read, or an answer at once,
  /// after which the connection ends, or a WebSocket.
  using admission = std::variant<std::size_t, as_it_comes, response, upgrade>;
  [[nodiscard]] virtual admission admit(const request& head) = 0;
  /// Must not block. `done` is called once, from any thread, perhaps at once.
  virtual void answer(request asked, std::function<void(response)> done) = 0;
  /// The next piece of an answer, asked for on a thread that may block. At most one at a time for
  /// each connection.
  virtual void go_on(std::function<void()> piece) = 0;
};

struct endpoint_address {
  std::string address;  ///< numeric
  std::uint16_t port = 0;
};
/// `127.0.0.1:7480`, `[::1]:0`. Errors: invalid.
[[nodiscard]] result<endpoint_address> parse_address(const std::string& text);

/// Listens on TCP and on a socket in a directory. One thread, the same for all connections; all
/// that a client may cost is bounded by service_limits.hpp.
class server {
 public:
  struct options {
    endpoint_address listen;
    std::filesystem::path socket;  ///< empty: none
    /// Gets the port, before anybody is answered. May be empty.
    std::function<void(std::uint16_t)> listening = {};
  };
  /// `behind` and `counts` outlive the server. Errors: invalid (the address is in use, or none of
  /// ours).
  [[nodiscard]] static result<std::unique_ptr<server>> start(const options& wanted,
                                                             answerer& behind,
                                                             connection_counts& counts);
  ~server();
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  /// Takes no further connection or request; waits until what is under way is answered, `grace` at
  /// most; closes.
  void stop(duration grace);

 private:
  struct inside;
  explicit server(std::unique_ptr<inside> content);
  std::unique_ptr<inside> inside_;
};

/// One request through the socket that a server made; blocks. Errors: not_found (nobody listens
/// there), closed (the connection broke before the answer was whole), timed_out.
[[nodiscard]] result<response> ask(const std::filesystem::path& socket, const request& wanted,
                                   duration limit);

/// The same for an answer that goes on for as long as it takes: `take` gets its pieces as they
/// come; false: that was enough. A refusal is not in pieces. `silence_max` is between two of them.
/// Errors: those of ask; closed also after `false`.
[[nodiscard]] result<response> listen(const std::filesystem::path& socket, const request& wanted,
                                      duration silence_max,
                                      const std::function<bool(std::string_view)>& take);

/// What a body that is made while it is sent has next.
struct body_piece {
  enum class kind { bytes, nothing_yet, end, broken } what = kind::end;
  std::size_t size = 0;  ///< of bytes
  /// After nothing_yet: it is asked again when one of these can be read; -1: none.
  std::array<int, 2> wake = {-1, -1};
};
/// The same with a body of any length: `next` fills what it is given, is asked again after
/// `nothing_yet` when something happened, and twice a second; and with no room while the server
/// does not take what is there, or has not answered: then only `broken` and `wake` count. After
/// `broken` the connection is closed and nothing is waited for. Errors: not_found, closed (also
/// after `broken`, and when `limit` has passed since the body's end).
[[nodiscard]] result<response> upload(const std::filesystem::path& socket, const request& wanted,
                                      const std::function<body_piece(std::span<char>)>& next,
                                      duration limit);

}  // namespace millrace::service
