#include "routing/interest.hpp"

#include "unit/routing/routed.hpp"

using namespace millrace;
using namespace millrace::test;

namespace {

struct fixture {
  interest_table table = both_types();
  timeline recorded;

  bool reaches(position at, const flow_key& key) {
    const auto one = recorded.between(at.value, at.value + 1);
    return may_reach(table, one->events().front(), key);
  }
  result<void> routed(position at, std::vector<std::string>& ids) {
    const auto one = recorded.between(at.value, at.value + 1);
    millrace::route made;
    auto done = route_typed(*table.types()[0], one->events().front(), made);
    if (!done) return done;
    for (const auto& target : made.targets()) ids.push_back(target.id);
    return done;
  }
};

const flow_key diary_a{"Diary", "a"};
const flow_key words{"AllWords"};

}  // namespace

TEST_CASE_METHOD(fixture, "the table knows its types by name and by what they observe") {
  CHECK(table.find("Diary") == 0u);
  CHECK(table.find("AllWords") == 1u);
  CHECK_FALSE(table.find("Nobody"));
  const auto of = [&](std::string_view type) {
    const auto found = table.observers(type);
    return std::vector<std::uint32_t>{found.begin(), found.end()};
  };
  CHECK(of("Act") == std::vector<std::uint32_t>{0});
  CHECK(of("Word") == std::vector<std::uint32_t>{0, 1});
  CHECK(of("Unheard").empty());
}

TEST_CASE_METHOD(fixture, "an event may reach whom its route names, a joins counts too") {
  const auto named = recorded.add(act("a"));
  const auto joined = recorded.add(word("a"));
  CHECK(reaches(named, diary_a));
  CHECK(reaches(joined, diary_a));
  CHECK_FALSE(reaches(named, flow_key{"Diary", "b"}));
  CHECK_FALSE(reaches(named, flow_key{"Diary"}));
  CHECK_FALSE(reaches(named, words));
  CHECK(reaches(joined, words));
  CHECK_FALSE(reaches(joined, flow_key{"AllWords", ""}));
  CHECK_FALSE(reaches(joined, flow_key{"Nobody", "a"}));
}

TEST_CASE_METHOD(fixture, "an explicit route reaches whom it lists, registered or not") {
  const auto at = recorded.add(word("a"), routed_to({"Gone|y", "Diary|b"}));
  CHECK(reaches(at, flow_key{"Gone", "y"}));
  CHECK(reaches(at, flow_key{"Diary", "b"}));
  CHECK_FALSE(reaches(at, diary_a));
  CHECK_FALSE(reaches(at, words));
}

TEST_CASE_METHOD(fixture, "a schedule entry reaches nobody; a broken route, once mended, anybody") {
  v1::Envelope entry;
  entry.set_due(1);
  CHECK_FALSE(reaches(recorded.add(act("a"), entry), diary_a));
  CHECK_FALSE(reaches(recorded.add(word("a"), entry), words));
  CHECK(reaches(recorded.add(act("a", "throw")), diary_a));
}

TEST_CASE_METHOD(fixture, "an id at the size limit is taken, the next is not") {
  std::vector<std::string> ids;
  REQUIRE(routed(recorded.add(act("a", "just short enough")), ids));
  REQUIRE(ids.size() == 1);
  CHECK(flow_key{"Diary", ids[0]}.text().size() == 1024);
  CHECK(routed(recorded.add(act("a", "too long")), ids).error().code == errc::invalid);
}

TEST_CASE_METHOD(fixture, "what a route must not do is said with the event and the type") {
  std::vector<std::string> ids;
  const auto message = [&](const char* tag) {
    const auto done = routed(recorded.add(act("a", tag)), ids);
    REQUIRE_FALSE(done);
    CHECK(done.error().code == errc::invalid);
    CHECK_THAT(done.error().message, Catch::StartsWith("routing Act "));
    CHECK_THAT(done.error().message, Catch::Contains(" to Diary: "));
    return done.error().message;
  };
  CHECK_THAT(message("throw"), Catch::EndsWith("route() threw: no way"));
  CHECK_THAT(message("throw a number"), Catch::EndsWith("something that is no std::exception"));
  CHECK_THAT(message("not UTF-8"), Catch::EndsWith("an id that is not UTF-8"));
  CHECK_THAT(message("too many"), Catch::EndsWith("more than 4096 ids"));
  CHECK(ids.empty());
}

TEST_CASE_METHOD(fixture, "a payload that does not decode cannot be routed by its content") {
  std::vector<std::string> ids;
  CHECK(routed(recorded.add("Act", "\xFF\xFF"), ids).error().code == errc::undecodable);
}
