// What the present code would make of an event, without saving anything.
#include <catch2/catch.hpp>

#include "host/host_parts.hpp"
#include "host/past.hpp"
#include "support/diarist.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using millrace::test::act;
using millrace::test::diarist;
using millrace::test::Diary;
using millrace::test::Do;
using millrace::test::joining;
using millrace::test::lines;

namespace {

const flow_key key{"Diarist", "x"};

struct broken_diary {
  bool broken = true;
  host_test test;

  broken_diary() { test.add<diarist>({}, &broken); }

  /// As the command does it: over the store, beside the host that runs.
  result<what_if_report> ask(bool is_broken) {
    const bool here = is_broken;
    const interest_table::type_list types{
        std::make_shared<const flow_type>(describe<diarist>({}, &here))};
    const auto known = known_types::of(types);
    const auto& stored = *test.running().inside().stored;
    auto now = overview::of(stored, **known, overview::watch{.key = key, .limit = SIZE_MAX});
    REQUIRE(now);
    auto view = now->find(key);
    REQUIRE(*view);
    return what_if(stored, *now, **view);
  }
};

std::vector<std::string> lines_of(const std::optional<std::string>& state) {
  Diary read;
  if (!state || !read.ParseFromString(*state)) return {"none"};
  return {read.lines().begin(), read.lines().end()};
}

}  // namespace

TEST_CASE("what-if shows what a mended flow would do with the event it stopped on") {
  broken_diary diary;
  diary.test.append(act("x", "one", {{Do::CHIME, "9"}}));
  diary.test.append(act(
      "x", "bad", {{Do::SAY, "fine"}, {Do::BELL, "2"}, {Do::CANCEL_CHIME, ""}, {Do::THROW, ""}}));
  diary.test.append(act("x", "later"));
  const auto tail = diary.test.running().tail();
  const auto commits = diary.test.commits();

  const auto found = diary.ask(false);
  REQUIRE(found);
  CHECK(found->at == position{2});
  CHECK_FALSE(found->failed);
  CHECK(lines_of(found->state) == std::vector<std::string>{"one", "bad", "word fine"});
  REQUIRE(found->decided.reactions.size() == 2);
  CHECK(found->decided.reactions[0].type == "Word");
  CHECK(found->decided.reactions[1].due == diary.test.now() + 2min);
  CHECK(found->decided.reactions[1].ordinal == 1);
  REQUIRE(found->decided.cancellations.size() == 1);
  CHECK(found->decided.cancellations[0].type == "Chime");

  const auto again = diary.ask(true);
  REQUIRE(again);
  CHECK(again->failed == "cannot ");
  CHECK_FALSE(again->state);
  CHECK(again->decided.reactions.empty());

  diary.test.run();
  CHECK(diary.test.running().tail() == tail);
  CHECK(diary.test.commits() == commits);
  CHECK(diary.test.flow(key).status == flow_status::stopped);
  CHECK(lines(diary.test, "x") == std::vector<std::string>{"one"});
}

TEST_CASE("what-if says that a flow would end, and that an event passes by nobody") {
  broken_diary diary;
  diary.test.append(act("x", "one"));
  diary.test.append(act("x", "bad", {{Do::DONE, ""}, {Do::THROW, ""}}));
  const auto found = diary.ask(false);
  REQUIRE(found);
  CHECK_FALSE(found->alive);
  CHECK_FALSE(found->passes_by);
  CHECK_FALSE(found->state);
}

TEST_CASE("what-if of a flow for which nothing waits is a conflict") {
  broken_diary diary;
  diary.test.append(act("x", "one"));
  const auto found = diary.ask(false);
  REQUIRE_FALSE(found);
  CHECK(found.error().code == errc::conflict);
  CHECK(found.error().message == "nothing waits for Diarist|x");
}

TEST_CASE("what-if of a flow that decides again shows the divergence and what is decided now") {
  broken_diary diary;
  diary.broken = false;
  diary.test.append(act("x", "one", {{Do::THROW, ""}, {Do::SAY, "said"}}));
  diary.broken = true;
  REQUIRE(diary.test.running().reset(key));
  diary.test.run();
  REQUIRE(diary.test.flow(key).status == flow_status::stopped);
  const auto found = diary.ask(false);
  REQUIRE(found);
  CHECK_FALSE(found->failed);
  CHECK(found->decided.reactions.size() == 1);
}
