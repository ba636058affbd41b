/// The stock program: the whole command line over any store, without flows of its own.
#include "millrace/application.hpp"

int main(int argc, char** argv) {
  millrace::application app{"millrace", "Event-sourced stream processing: the stock program."};
  return app.run(argc, argv);
}
