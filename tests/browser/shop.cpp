/// browser_shop: what tests/browser looks at. `Notes|KEY` keeps notes; one whose text is "poison"
/// makes it throw for as long as the file that MILLRACE_POISON names exists: a defect that somebody
/// mends while the program runs.
#include <filesystem>
#include <stdexcept>

#include "millrace/application.hpp"
#include "support/shop.hpp"

namespace millrace::shop {
namespace {

bool is_broken() {
  const char* file = std::getenv("MILLRACE_POISON");
  return file != nullptr && std::filesystem::exists(file);
}

struct careful_notes {
  static constexpr std::string_view name = "Notes";
  using observes = events<Noted>;
  static millrace::route route(const Noted& e) { return starts(e.key()); }
  void given(const Noted& e) {
    if (e.text() == "poison" && is_broken()) throw std::runtime_error{"cannot digest " + e.text()};
    state.set_count(state.count() + 1);
    state.set_last(e.number());
  }
  Notes state;
};

}  // namespace
}  // namespace millrace::shop

int main(int argc, char** argv) {
  using namespace millrace::shop;
  millrace::application app{"browser_shop", "A small shop for the tests of the monitor page."};
  app.add<careful_notes>();
  app.add<payment_reminder>();
  app.add<open_orders>();
  return app.run(argc, argv);
}
