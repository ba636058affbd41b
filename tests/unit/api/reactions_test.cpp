#include "millrace/reactions.hpp"

#include <catch2/catch.hpp>

#include "support/flows.pb.h"

using namespace millrace;
using namespace millrace::test;
using namespace std::chrono_literals;

namespace {

struct fixture {
  event cause{.time = timestamp{1h}};
  reactions then{cause};

  std::string show() const {
    std::string text;
    for (const auto& one : then.emissions()) {
      text += one.body->GetDescriptor()->name();
      if (one.due) text += "@" + std::to_string(one.due->time_since_epoch() / 1min);
      text += " ";
    }
    for (const auto type : then.cancelled()) text += "-" + std::string{type} + " ";
    return text + (then.is_done() ? "done" : "");
  }
};

}  // namespace

TEST_CASE_METHOD(fixture, "nothing is decided at first") { CHECK(show().empty()); }

TEST_CASE_METHOD(fixture, "the only time there is is that of the cause") {
  CHECK(then.now() == cause.time);
  CHECK(&then.cause() == &cause);
}

TEST_CASE_METHOD(fixture, "emissions keep their order, and a delay counts from the cause") {
  then.emit_after<Bell>(30min);
  then.emit<Word>().set_tag("w");
  then.emit_at<Chime>(timestamp{5min});
  CHECK(show() == "Bell@90 Word Chime@5 ");
  CHECK(static_cast<const Word&>(*then.emissions()[1].body).tag() == "w");
}

TEST_CASE_METHOD(fixture, "an emission may be filled while others are added") {
  auto& first = then.emit<Word>();
  for (int i = 0; i < 100; ++i) then.emit<Unheard>();
  first.set_tag("late");
  CHECK(static_cast<const Word&>(*then.emissions()[0].body).tag() == "late");
}

TEST_CASE_METHOD(fixture, "cancel takes back earlier timers of that type only") {
  then.emit_after<Bell>(1min);
  then.emit_after<Chime>(2min);
  then.emit<Bell>();
  then.cancel<Bell>();
  then.emit_after<Bell>(3min);
  CHECK(show() == "Chime@62 Bell Bell@63 -Bell ");
}

TEST_CASE_METHOD(fixture, "done is done, however often it is said") {
  then.done();
  then.done();
  CHECK(show() == "done");
}
