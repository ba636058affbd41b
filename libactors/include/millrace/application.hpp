/// A program made of flows: the whole command line of millrace over them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "millrace/flow.hpp"
#include "millrace/result.hpp"

namespace millrace {

class host;
struct host_options;

/// Collects flow types and runs one command of the command line. For `main` only.
///
///     int main(int argc, char** argv) {
///       millrace::application app{"orders"};
///       app.add<payment_reminder>();
///       return app.run(argc, argv);
///     }
///
/// An application that has flows is strict: `append` refuses event types that none of them
/// observes.
class application {
 public:
  explicit application(std::string name, std::string description = {});
  ~application();
  application(const application&) = delete;
  application& operator=(const application&) = delete;

  template <flow F, class... Settings>
  application& add(flow_options options = {}, Settings... settings) {
    return add(describe<F>(options, std::move(settings)...));
  }
  application& add(flow_type type);

  /// While a flow of this type is more events behind, appends from outside are refused: a lag
  /// contract, see millrace/admission.hpp. `serve --max-lag` comes before it.
  application& max_lag(const std::string& type, std::uint64_t events);

  /// What a further command needs of the store.
  enum class store_use {
    reads,    ///< one that is there: no store ends with 3 and leaves no trace
    appends,  ///< makes one when there is none
    runs,     ///< as `appends`, and the flows run
  };

  /// What a further command was asked, and where it answers. While a daemon serves the store the
  /// command runs there, and what it writes goes to whoever asked.
  struct command_call {
    /// After the name, without `--store`, and with `--json` if that was given; `--help` never
    /// comes.
    std::vector<std::string> arguments;
    /// Of whoever asked; empty: that of this process.
    std::filesystem::path directory;
    /// Of a command that says reads_input; else there is nothing in it.
    std::istream& in;
    std::ostream& out;
    std::ostream& err;
    bool shows_progress = false;  ///< `err` ends up on a terminal
    /// It should end in order: a signal came, the daemon ends, nobody reads any more. A command
    /// that is not `interruptible` need not ask. Any thread.
    std::function<bool()> ends;

    /// As whoever asked means it.
    [[nodiscard]] std::filesystem::path path(const std::string& argument) const {
      return directory / argument;
    }
  };

  /// A further command, run with an opened host over the store the user chose.
  struct command {
    std::string name;
    std::string help;
    std::string arguments;  ///< how they are written: `[PATH...] [--json]`
    /// Looks at the arguments before any store is opened or made. Errors: `invalid` is wrong usage
    /// and ends with 2, others as exit_code() says; the message is printed. Empty: reads.
    std::function<result<store_use>(const command_call&)> needs;
    /// Returns the exit code; says itself on `err` what failed. In a daemon: on a thread of its
    /// own, beside others, with the daemon's host.
    std::function<int(host&, const command_call&)> run;
    /// Without a daemon the first SIGINT or SIGTERM only makes `ends` true.
    bool interruptible = false;
    /// What comes on standard input is in `in`: as it comes, but before a daemon only when it has
    /// ended, and so much of it as a call may bring (8 MiB of text).
    bool reads_input = false;
  };
  application& add(command further);

  /// Exit code: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 the store is in use or a condition
  /// does not hold, 5 unavailable, try later. Errors go to stderr; nothing is thrown.
  int run(int argc, char** argv);

  /// What a program ends with when a command failed like this.
  [[nodiscard]] static int exit_code(errc code);

 private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace millrace
