/// Commands of the application's own that run here for clients.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "millrace/application.hpp"
#include "millrace/host.hpp"

namespace millrace::service {

/// Each runs on a thread of its own, a few at once; what it writes waits in bounded memory until
/// the client takes it, and so does the command. Any thread; whoever made it calls stop().
class run_desk {
 public:
  /// `over` outlives it.
  run_desk(host& over, std::vector<application::command> commands)
      : over_(over), commands_(std::move(commands)) {}
  run_desk(const run_desk&) = delete;
  run_desk& operator=(const run_desk&) = delete;
  ~run_desk();

  [[nodiscard]] const std::vector<application::command>& commands() const { return commands_; }

  struct wish {
    std::string command;
    std::vector<std::string> arguments = {};
    std::string directory = {};
    std::string input = {};
    bool shows_progress = false;
  };
  /// Lines of JSON, some at a time, until an empty text: `{"out":…}`, `{"err":…}`, and at last
  /// `{"exit":N}`; an empty line now and then, when there is nothing else. When this function goes,
  /// nobody reads any more, and the command should end.
  using reader = std::function<result<std::string>()>;
  /// Errors: not_found, overloaded, closed; what the command says of its arguments.
  [[nodiscard]] result<reader> start(const wish& wanted);
  /// Has them end, and waits for that, but not longer than `grace`: the names of those that go on.
  /// They use the host until the end of this, which waits for them.
  [[nodiscard]] std::vector<std::string> stop(duration grace);

 private:
  class run;
  void forget_ended();

  host& over_;
  const std::vector<application::command> commands_;
  std::mutex guard_;
  std::list<std::shared_ptr<run>> runs_;
  bool stopping_ = false;
};

}  // namespace millrace::service
