/// dpkg-flows: the log of Debian's package manager as a stream of events, and what it tells.
#include "dpkg-flows/dpkg_flows.hpp"
#include "dpkg-flows/import_command.hpp"
#include "dpkg-flows/report_command.hpp"
#include "millrace/application.hpp"

int main(int argc, char** argv) {
  using namespace dpkg_flows;
  millrace::application app{"dpkg-flows", "What Debian's package manager did on this machine."};
  add_dpkg_flows(app);
  app.add(import_command());
  app.add(report_command());
  return app.run(argc, argv);
}
