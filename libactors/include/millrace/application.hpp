/// A program made of flows: the whole command line of millrace over them.
#pragma once

#include <cstdint>
#include <functional>
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

  /// A further command: `name ARGUMENTS...`, run with an opened host over the store the user chose.
  /// Both functions get the arguments after the name, without `--store` and with `--json` if that
  /// was given; `--help` never reaches them.
  struct command {
    std::string name;
    std::string help;
    std::string arguments;  ///< how they are written: `[PATH...] [--json]`
    /// Looks at the arguments before any store is opened or made. Errors: `invalid` is wrong usage
    /// and ends with 2, others as exit_code() says; the message is printed. Empty: reads.
    std::function<result<store_use>(const std::vector<std::string>& arguments)> needs;
    /// Returns the exit code; says itself on stderr what failed.
    std::function<int(host&, const std::vector<std::string>& arguments)> run;
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
