// The example of design.md, whole: a timer, a reaction to it, an end.
#include <catch2/catch.hpp>
#include <millrace/host_test.hpp>

#include "support/shop.hpp"

using namespace millrace;
using namespace millrace::shop;

TEST_CASE("an order that is not paid in time is reminded of once") {
  host_test test;
  test.add<payment_reminder>().add<open_orders>();
  const auto order = test.append(placed("a"));
  REQUIRE(test.timeline("PaymentOverdue").size() == 1);
  REQUIRE(test.schedule().size() == 1);

  test.advance(29min);
  CHECK(test.timeline("ReminderSent").empty());
  test.advance(1min);

  const auto overdue = test.timeline("PaymentOverdue");
  REQUIRE(overdue.size() == 2);
  CHECK(overdue[0].cause == order);
  CHECK(overdue[1].from_schedule);
  CHECK(overdue[1].cause == overdue[0].at);
  const auto sent = test.timeline("ReminderSent");
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].cause == overdue[1].at);
  CHECK(sent[0].emitter == "PaymentReminder|a");
  CHECK(test.schedule().empty());
  CHECK(test.read<payment_reminder>("a")->state.reminders() == 1);
}

TEST_CASE("a paid order ends its reminder and takes its timer along") {
  host_test test;
  test.add<payment_reminder>().add<open_orders>();
  test.append(placed("a"));
  test.append(paid("a"));
  CHECK(test.schedule().empty());
  test.advance(1h);
  CHECK(test.timeline("ReminderSent").empty());
  CHECK(test.flow(flow_key{"PaymentReminder", "a"}).done);
  const auto ended = test.read<payment_reminder>("a");
  REQUIRE_FALSE(ended);
  CHECK(ended.error().code == errc::not_found);
  CHECK(test.read<open_orders>()->state.open_size() == 0);
}
