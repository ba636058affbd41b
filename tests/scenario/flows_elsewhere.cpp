// Flows that another process hosts: the same journal, the same crashes.
#include <catch2/catch.hpp>

#include "host/elsewhere.hpp"
#include "support/notes.hpp"

using namespace millrace;

namespace {

const flow_key ada{"Tally", "ada"};

new_event ordered(const flow_key& to) {
  new_event made;
  made.type = "Ordered";
  made.payload = "{}";
  made.content_type = content_type_json;
  made.routes = explicit_routes{to};
  return made;
}

foreign_turn turn_to(position at) {
  foreign_turn made;
  made.key = ada;
  made.reached = at;
  made.state = R"({"orders":1})";
  made.reactions = {ordered(flow_key{"Tally", "bob"})};
  return made;
}

}  // namespace

TEST_CASE("a turn from elsewhere is there as a whole, or not at all") {
  host_test test;
  const auto at = test.append(ordered(ada));
  bool dies = false;
  test.on_commit([&](std::uint64_t) { return !dies; });
  dies = true;
  CHECK_FALSE(commit_elsewhere(test.running(), turn_to(at)));
  dies = false;
  test.crash_and_restart();
  CHECK_FALSE(find_elsewhere(test.running(), ada)->checkpoint.has_position());
  CHECK(test.timeline().size() == 1);

  REQUIRE(commit_elsewhere(test.running(), turn_to(at)));
  test.crash_and_restart();
  const auto after = find_elsewhere(test.running(), ada);
  CHECK(after->checkpoint.position() == at.value);
  CHECK(after->state == R"({"orders":1})");
  REQUIRE(test.timeline().size() == 2);
  CHECK(test.timeline().back().cause == at);
  CHECK(test.timeline().back().emitter == "Tally|ada");
  CHECK(test.flow(flow_key{"Tally", "bob"}).status == flow_status::pending);
  CHECK(test.flow(ada).status == flow_status::idle);
}

TEST_CASE("of two turns from one checkpoint the second is refused") {
  host_test test;
  const auto at = test.append(ordered(ada));
  REQUIRE(commit_elsewhere(test.running(), turn_to(at)));
  const auto again = commit_elsewhere(test.running(), turn_to(at));
  REQUIRE_FALSE(again);
  CHECK(again.error().code == errc::conflict);
  CHECK(test.timeline().size() == 2);
}

TEST_CASE("a full disk refuses a turn from elsewhere, and takes it later") {
  host_test test;
  const auto at = test.append(ordered(ada));
  test.disk([] { return result<void>{error{errc::storage_full, "full"}}; });
  CHECK(commit_elsewhere(test.running(), turn_to(at)).error().code == errc::storage_full);
  test.disk([] { return result<void>{}; });
  CHECK(commit_elsewhere(test.running(), turn_to(at)));
}
