/// scans: a scan shop, from the registry to the clients' image lists.
#include "millrace/application.hpp"
#include "scans/generate_command.hpp"
#include "scans/scans.hpp"

int main(int argc, char** argv) {
  millrace::application app{"scans", "A scan shop: who scans what for whom, and when they rest."};
  scans::add_scans(app);
  app.add(scans::generate_command());
  app.add(scans::report_command());
  return app.run(argc, argv);
}
