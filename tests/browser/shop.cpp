/// browser_shop: what tests/browser looks at. `Notes|KEY` keeps notes; one whose text is "poison"
/// makes it throw for as long as the file that MILLRACE_POISON names exists: a defect that somebody
/// mends while the program runs. `Album|KEY` keeps all long texts: a large state. The command
/// `stubborn` does not end when it is told to; `count-lines` reads its input.
#include <cstdlib>
#include <filesystem>
#include <future>
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

struct album {
  static constexpr std::string_view name = "Album";
  using observes = events<Noted>;
  static constexpr std::size_t long_text = 10'000;
  static millrace::route route(const Noted& e) {
    return e.text().size() < long_text ? millrace::route{} : starts(e.key());
  }
  void given(const Noted& e) { state.add_open(e.text()); }
  OrderList state;
};

application::command count_lines() {
  return {.name = "count-lines",
          .help = "Counts the lines of its input",
          .arguments = "",
          .needs = {},
          .run =
              [](host&, const application::command_call& call) {
                std::size_t lines = 0;
                for (std::string line; std::getline(call.in, line);) ++lines;
                call.out << lines << '\n';
                return 0;
              },
          .reads_input = true};
}

application::command stubborn() {
  return {.name = "stubborn",
          .help = "Never ends",
          .arguments = "",
          .needs = {},
          .run = [](host&, const application::command_call& call) {
            call.out << "here\n" << std::flush;
            std::promise<void>{}.get_future().wait();
            return 0;
          }};
}

}  // namespace
}  // namespace millrace::shop

int main(int argc, char** argv) {
  using namespace millrace::shop;
  millrace::application app{"browser_shop", "A small shop for the tests of the monitor page."};
  app.add<careful_notes>();
  app.add<payment_reminder>();
  app.add<open_orders>();
  app.add<album>();
  app.add(count_lines());
  app.add(stubborn());
  return app.run(argc, argv);
}
