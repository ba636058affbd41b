#include <catch2/catch.hpp>

#include "cli/trace.hpp"
#include "support.hpp"

using namespace millrace;
using namespace millrace::test;

namespace {

std::vector<std::string> tree(const store& from, const documents::trace_limits& options) {
  const auto known = known_of({});
  const cli::output plain{[](std::string_view) { return true; }, {}};
  const auto report = documents::trace_events(from, known->registry, options);
  return cli::tree_lines(*report, plain);
}

}  // namespace

TEST_CASE("a trace shows the causes above an event and all that came of it") {
  store_builder made;
  made.append_json("Root", "{}");
  made.append_json("Other", "{}", made.caused_by(0));
  made.append_json("Asked", "{}", made.caused_by(0, "Topic|1"));
  made.append_json("Child", "{}", made.caused_by(2));
  made.append_json("Child", "{}", made.caused_by(2));
  made.append_json("Leaf", "{}", made.caused_by(3));
  made.route({});
  CHECK(tree(made.stored, {.position = 2}) ==
        std::vector<std::string>{
            "0  Root  2025-01-01T00:00:00.000000Z",
            "└─ 2  Asked  2025-01-01T00:00:02.000000Z  +2 s  (by Topic|1)  <",
            "   ├─ 3  Child  2025-01-01T00:00:03.000000Z  +1 s",
            "   │  └─ 5  Leaf  2025-01-01T00:00:05.000000Z  +2 s",
            "   └─ 4  Child  2025-01-01T00:00:04.000000Z  +2 s",
        });
}

TEST_CASE("effects past the end of the cause index are found") {
  store_builder made;
  made.append_json("Root", "{}");
  made.append_json("Indexed", "{}", made.caused_by(0));
  made.route({});
  made.append_json("Fresh", "{}", made.caused_by(0));
  CHECK(tree(made.stored, {.position = 0}).size() == 3);
}

TEST_CASE("a trace is cut at its limits and says so") {
  store_builder made;
  made.append_json("Root", "{}");
  for (std::uint64_t i = 0; i < 9; ++i) made.append_json("Next", "{}", made.caused_by(i));
  for (int i = 0; i < 5; ++i) made.append_json("Wide", "{}", made.caused_by(9));
  made.route({});
  const auto deep = tree(made.stored, {.position = 5, .limit = 100, .depth = 2});
  CHECK(deep.front() == "… (further causes above)");
  CHECK(deep.size() == 7);
  CHECK(deep.back().ends_with("└─ … (1 further effect)"));
  const auto wide = tree(made.stored, {.position = 9, .limit = 3, .depth = 0});
  CHECK(wide.back() == "   └─ … (5 further effects)");
  CHECK(tree(made.stored, {.position = 9, .limit = 3, .depth = 50})
            .back()
            .ends_with("└─ … (2 further effects)"));
}

TEST_CASE("a position without an event is not found") {
  store_builder made;
  const auto known = known_of({});
  const auto none = documents::trace_events(made.stored, known->registry, {.position = 7});
  CHECK(none.error().code == errc::not_found);
}

TEST_CASE("a cause that is no earlier event ends the chain") {
  store_builder made;
  made.append_json("Self", "{}", made.caused_by(0));
  made.append_json("Later", "{}", made.caused_by(9));
  CHECK(tree(made.stored, {.position = 0}).size() == 1);
  CHECK(tree(made.stored, {.position = 1}).size() == 1);
}
