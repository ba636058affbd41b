/// A program made of flows: the whole command line of millrace over them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "millrace/flow.hpp"

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

  /// A further command: `name ARGUMENTS...`, run with an opened host over the store the user chose,
  /// which is made when it is not there. `run` gets the arguments after the name, without `--store`
  /// and with `--json` if that was given, and returns the exit code. `run_flows` false: the host
  /// appends but runs no flow.
  struct command {
    std::string name;
    std::string help;
    bool run_flows = false;
    std::function<int(host&, const std::vector<std::string>& arguments)> run;
  };
  application& add(command further);

  /// Exit code: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 the store is in use or a condition
  /// does not hold, 5 unavailable, try later. Errors go to stderr; nothing is thrown.
  int run(int argc, char** argv);

 private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace millrace
