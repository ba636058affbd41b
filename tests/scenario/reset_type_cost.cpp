// What it costs when many flows of a topic decide again: one scan, and each reaction once.
#include <catch2/catch.hpp>

#include "support/diarist.hpp"

using namespace millrace;
using millrace::test::act;
using millrace::test::diarist;
using millrace::test::Do;
using millrace::test::lines;

namespace {

constexpr int flows = 40;

std::string id_of(int flow) { return "n" + std::to_string(flow); }

/// An event that reaches all flows, and each says a word because of it.
void tell_all(host_test& test, const std::string& tag) {
  auto one = new_event::of(act(id_of(0), tag, {{Do::SAY, tag}}));
  one.routes.emplace();
  for (int flow = 0; flow < flows; ++flow) one.routes->emplace_back("Diarist", id_of(flow));
  test.append(one);
}

std::uint64_t rows_of_reset(host_test& test) {
  const auto before = test.running().counters().timeline_reads;
  const auto begun = test.running().reset_type("Diarist");
  REQUIRE(begun);
  CHECK(begun->one_scan);
  test.run();
  return test.running().counters().timeline_reads - before;
}

}  // namespace

TEST_CASE("flows of a topic that begin anew together read each event and each reaction once") {
  host_test test;
  test.add<diarist>();
  constexpr std::uint64_t told = 6;
  for (std::uint64_t i = 0; i < told; ++i) tell_all(test, "all " + std::to_string(i));
  const auto events = test.timeline().size();
  const auto said = told * flows;
  CHECK(events == told + said);
  const auto noted = lines(test, id_of(0));
  CHECK(rows_of_reset(test) <= events + said);
  CHECK(test.timeline().size() == events);
  CHECK(lines(test, id_of(0)) == noted);
}

TEST_CASE("a flow that was reset alone is compared with what it has said since others were") {
  host_test test;
  test.add<diarist>();
  for (int i = 0; i < 4; ++i) tell_all(test, std::to_string(i));
  (void)rows_of_reset(test);
  tell_all(test, "later");
  const auto events = test.timeline().size();
  REQUIRE(test.running().reset(flow_key{"Diarist", id_of(1)}));
  (void)rows_of_reset(test);
  CHECK(test.timeline().size() == events);
  CHECK(test.flow({"Diarist", id_of(1)}).status == flow_status::idle);
}
