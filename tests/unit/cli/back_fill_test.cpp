// How far a build is that is made from history.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "host/figures.hpp"
#include "support.hpp"

using namespace millrace;
using namespace millrace::test;
using Catch::Matchers::Contains;

namespace {

v1::FlowType row_of(std::uint32_t version, std::uint64_t routed) {
  v1::FlowType made;
  made.set_name("Acts");
  made.set_version(version);
  made.set_build(version);
  made.set_routed(routed);
  return made;
}

/// Ten events that AllActs was given, and Acts in version 1; version 2 was given four.
void fill(store_builder& made) {
  for (int i = 0; i < 10; ++i) made.append(act("1"));
  made.route(types_of<all_acts>());
  commit_batch batch;
  auto former = row_of(1, 10);
  former.set_served(true);
  former.set_retired(true);
  former.set_frozen_at(10);
  batch.flow_types = {former, row_of(2, 4)};
  made.commit(batch);
  made.append(act("1"));
}

/// Acts in version 2.
interest_table::type_list two_types() {
  auto second = describe<acts>();
  second.version = 2;
  return {std::make_shared<const flow_type>(second),
          std::make_shared<const flow_type>(describe<all_acts>())};
}

}  // namespace

TEST_CASE("flows and statistics show how far a version is that is made from history") {
  store_builder made;
  fill(made);
  command_line line{made.stored, two_types()};
  REQUIRE(cli::flows(line.in, {}));
  CHECK_THAT(line.out(), Contains("Acts") && Contains("back-fill") &&
                             Contains("version 2 (build 2) has been given 4 of 11 positions "
                                      "(36 %), 7 are left"));
  REQUIRE(cli::flows(line.in, {.stopped = true}));
  CHECK(line.out().empty());
  REQUIRE(cli::statistics(line.in, {}));
  CHECK_THAT(line.out(), Contains("Acts: version 2 (build 2) has been given 4 of 11"));
  REQUIRE(cli::flow(line.in, {"Acts"}));
  CHECK_THAT(line.out(), Contains("whose history is being routed: version 2 (build 2)"));

  line.in.json = true;
  const nlohmann::json wanted = {{"build", 2},     {"version", 2}, {"routed", 4},
                                 {"tail", 11},     {"left", 7},    {"percent", 400.0 / 11},
                                 {"served", false}};
  REQUIRE(cli::flow(line.in, {"Acts"}));
  CHECK(nlohmann::json::parse(line.out())["back_fill"] == wanted);
  REQUIRE(cli::statistics(line.in, "Acts"));
  CHECK(nlohmann::json::parse(line.out())["back_fill"] == wanted);
  REQUIRE(cli::flows(line.in, {.pending = true, .type = "Acts"}));
  auto text = line.out();
  text.pop_back();
  const auto last = nlohmann::json::parse(text.substr(text.rfind('\n') + 1));
  CHECK(last["status"] == "back_fill");
  CHECK(last["back_fill"] == wanted);
}

TEST_CASE("while another version is served, it is said which one, and up to where it was made") {
  store_builder made;
  fill(made);
  SECTION("and how far the newer one is") {}
  SECTION("also when the newer one has been given all, and waits for the switch") {
    commit_batch batch;
    batch.flow_types = {row_of(2, 11)};
    made.commit(batch);
  }
  command_line line{made.stored, two_types()};
  const std::string former = "version 1 (build 1) is, frozen: it has seen the events before 10";
  REQUIRE(cli::flow(line.in, {"Acts"}));
  CHECK_THAT(line.out(), Contains(former));
  line.in.json = true;
  const nlohmann::json wanted = {{"build", 1}, {"version", 1}, {"frozen", true}, {"until", 10}};
  REQUIRE(cli::flow(line.in, {"Acts"}));
  CHECK(nlohmann::json::parse(line.out())["served"] == wanted);
  REQUIRE(cli::flow(line.in, {"AllActs"}));
  CHECK(nlohmann::json::parse(line.out())["served"].is_null());
}

TEST_CASE("flows names a query whose newer version has been given all and is not served") {
  store_builder made;
  fill(made);
  commit_batch batch;
  batch.flow_types = {row_of(2, 11)};
  made.commit(batch);
  command_line line{made.stored, two_types()};
  REQUIRE(cli::flows(line.in, {}));
  CHECK_THAT(line.out(), Contains("beside") && Contains("version 2 (build 2) is not served yet; "
                                                        "version 1 (build 1) is, frozen"));
  CHECK_THAT(line.out(), !Contains("back-fill"));
}

TEST_CASE("what is routed as far as everything else is no back-fill, however far the tail is") {
  store_builder made;
  for (int i = 0; i < 3; ++i) made.append(act("1"));
  made.route(two_types());
  made.append(act("1"));
  command_line line{made.stored, two_types()};
  line.in.json = true;
  REQUIRE(cli::statistics(line.in, "Acts"));
  CHECK(nlohmann::json::parse(line.out())["back_fill"].is_null());
}

TEST_CASE("retired, inert and stopped builds are not being made") {
  const auto lagging = row_of(2, 4);
  CHECK(back_fill_of(lagging, {10}, {11}));
  CHECK_FALSE(back_fill_of(lagging, {4}, {11}));
  auto other = lagging;
  other.set_retired(true);
  CHECK_FALSE(back_fill_of(other, {10}, {11}));
  other = lagging;
  other.set_inert(true);
  CHECK_FALSE(back_fill_of(other, {10}, {11}));
  other = lagging;
  other.set_error_position(4);
  CHECK_FALSE(back_fill_of(other, {10}, {11}));
}
