/// HTTP, WebSockets and the monitor page over an open host. docs/guide/service.md, monitor.md
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "millrace/application.hpp"
#include "millrace/result.hpp"
#include "millrace/types.hpp"

namespace millrace {

class host;

struct service_options {
  /// Numeric, with the port; port 0: the system picks one. Another address than a loopback one
  /// needs `tokens`.
  std::string listen = "127.0.0.1:7480";
  /// Mode 0600. Lines `read TOKEN` or `all TOKEN`; with it every call but /livez and /readyz needs
  /// one.
  std::optional<std::filesystem::path> tokens;
  /// Listen also on `service.sock` in the store's directory, for programs of the store's owner.
  bool through_store = true;
  /// What the monitor calls the program.
  std::string application = "millrace";
  /// Those of the program's own that clients may run, `POST /v1/run/NAME`.
  std::vector<application::command> commands = {};
};

/// Answers until it is stopped. Its calls use the host from threads of their own. Stop it before
/// the host.
class service_daemon {
 public:
  /// Errors: closed (the host is not open), invalid (no such address, it is taken, or it needs
  /// tokens), not_found (no token file).
  [[nodiscard]] static result<std::unique_ptr<service_daemon>> start(
      host& over, const service_options& options = {});
  /// What start() would refuse before it asks the host. Errors: invalid, not_found.
  [[nodiscard]] static result<void> check(const service_options& options);
  ~service_daemon();
  service_daemon(const service_daemon&) = delete;
  service_daemon& operator=(const service_daemon&) = delete;

  /// Where it listens: `http://127.0.0.1:7480`.
  [[nodiscard]] const std::string& address() const;

  /// Takes no further call, answers those under way, `grace` at most, and closes. Names the
  /// commands that have not ended by then though they were told to: they go on using the host, and
  /// the destructor waits for them.
  std::vector<std::string> stop(duration grace = std::chrono::seconds{10});

 private:
  struct inside;
  explicit service_daemon(std::unique_ptr<inside> content);
  std::unique_ptr<inside> inside_;
};

}  // namespace millrace
