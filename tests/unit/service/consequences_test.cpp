#include "service/consequences.hpp"

#include <catch2/catch.hpp>

#include "base/service_limits.hpp"

using namespace millrace;
using namespace millrace::service;

namespace {

consequences of_seven() {
  return consequences{{.command = position{7}, .correlation = "c", .answers = {"Done", "Failed"}}};
}

void show(consequences& to, std::uint64_t at, std::uint64_t cause, std::string_view type,
          std::string_view correlation = "c") {
  to.add({.at = position{at}, .cause = position{cause}, .type = type, .correlation = correlation});
}

}  // namespace

TEST_CASE("the first event of a wanted type answers, however many causes lie between") {
  auto of = of_seven();
  show(of, 8, 7, "Begun");
  show(of, 9, 8, "Other");
  CHECK_FALSE(of.answer());
  show(of, 12, 9, "Failed");
  show(of, 13, 9, "Done");
  CHECK(of.answer() == position{12});
  CHECK(of.has(position{7}));
  CHECK(of.has(position{9}));
}

TEST_CASE("what something else caused, or belongs elsewhere, is no answer") {
  auto of = of_seven();
  show(of, 8, 6, "Done");
  show(of, 9, 7, "Done", "other");
  show(of, 10, 9, "Done");
  of.add({.at = position{11}, .cause = {}, .type = "Done", .correlation = "c"});
  CHECK_FALSE(of.answer());
  CHECK_FALSE(of.has(position{9}));
}

TEST_CASE("an event on the schedule is no answer, and its firing is") {
  auto of = of_seven();
  of.add({.at = position{8},
          .cause = position{7},
          .type = "Done",
          .correlation = "c",
          .is_scheduled = true});
  CHECK_FALSE(of.answer());
  show(of, 20, 8, "Done");
  CHECK(of.answer() == position{20});
}

TEST_CASE("an event that is shown twice counts once") {
  auto of = of_seven();
  for (int i = 0; i < 2; ++i) show(of, 8, 7, "Begun");
  show(of, 9, 8, "Done");
  CHECK(of.answer() == position{9});
}

TEST_CASE("so many consequences are kept and no more") {
  auto of = of_seven();
  std::uint64_t at = 8;
  while (!of.is_full()) show(of, at++, 7, "Begun");
  CHECK(at == 8 + limits::command_effects_max);
  show(of, at, 7, "Done");
  CHECK_FALSE(of.answer());
}
