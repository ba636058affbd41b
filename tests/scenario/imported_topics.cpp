// A topic that ran in another store: with its own timeline imported and adopted it is what it was.
#include <catch2/catch.hpp>

#include <millrace/host_test.hpp>

#include "exchange/event_line_writer.hpp"
#include "exchange/reader.hpp"
#include "host/host_parts.hpp"
#include "host/importer.hpp"
#include "support/shop.hpp"

using namespace millrace;
using namespace millrace::shop;

namespace {

/// The timeline before `until`, exported and read again.
import_request exported(host_test& from, position until = position{UINT64_MAX}) {
  exchange::event_line_writer writer;
  std::string lines;
  REQUIRE(from.running().inside().stored->scan(
      {}, until, [&](const event_row& row) { return writer.write(row, lines); }));
  exchange::reader reader{{}, {}};
  for (std::string_view rest = lines; !rest.empty();) {
    const auto room = reader.room();
    const auto size = rest.copy(room.data(), room.size());
    reader.took(size);
    rest.remove_prefix(size);
  }
  reader.end();
  auto part = reader.next(exchange::reader::hurry::now);
  REQUIRE(part);
  REQUIRE(part->bad.empty());
  v1::Import record;
  record.set_number(1);
  record.set_format(import_format::events);
  record.set_offset(part->after.offset);
  record.set_end(part->after.next.value);
  auto made = request_of(std::move(part));
  made.progress = record;
  return made;
}

void import(host_test& into, import_request request) {
  std::optional<result<void>> outcome;
  request.done = [&](const result<void>& told) { outcome = told; };
  into.running().inside().running->import(std::move(request));
  into.run();
  REQUIRE(outcome);
  REQUIRE(*outcome);
}

/// Order a is reminded of; b is paid; c waits for its timer.
struct old_shop {
  host_test test;
  old_shop() {
    test.add<payment_reminder>();
    test.append(placed("a"));
    test.append(placed("b"));
    test.advance(10min);
    test.append(paid("b"));
    test.advance(25min);
    test.append(placed("c"));
  }
};

std::vector<std::string> stopped(host_test& test) {
  std::vector<std::string> found;
  for (const auto& each : test.flows()) {
    if (each.error_message.size() > 0) found.push_back(each.key.text() + ": " + each.error_message);
  }
  return found;
}

}  // namespace

TEST_CASE(
    "an imported topic remembers what it decided once it is adopted, and decides nothing twice") {
  old_shop old;
  host_test test;
  test.add<payment_reminder>();
  import(test, exported(old.test));
  const auto tail = test.running().tail();
  test.advance(1min);
  REQUIRE(test.running().adopt("PaymentReminder", overdue_timers::fire));
  test.run();
  CHECK(stopped(test).empty());
  CHECK(test.running().tail() == tail);
  REQUIRE(test.read<payment_reminder>("a"));
  CHECK(test.read<payment_reminder>("a")->state.reminders() == 1);
  CHECK_FALSE(test.read<payment_reminder>("b"));
  CHECK(test.read<payment_reminder>("c"));
}

TEST_CASE("the timers of an imported topic fire after its adoption, and reach what it was") {
  old_shop old;
  host_test test;
  test.add<payment_reminder>();
  import(test, exported(old.test));
  REQUIRE(test.running().adopt("PaymentReminder", overdue_timers::fire));
  test.advance(2h);
  CHECK(stopped(test).empty());
  CHECK(test.timeline("ReminderSent").size() == 2);  // of a, imported, and of c
  test.append(paid("c"));
  CHECK_FALSE(test.read<payment_reminder>("c"));
}

TEST_CASE("what the other store had not decided yet is decided after the adoption") {
  old_shop old;
  const auto all = old.test.timeline();
  REQUIRE(all.back().emitter == "PaymentReminder|c");
  host_test test;
  test.add<payment_reminder>();
  import(test, exported(old.test, all.back().at));  // without the last reaction
  const auto tail = test.running().tail();
  REQUIRE(test.running().adopt("PaymentReminder"));
  test.run();
  CHECK(stopped(test).empty());
  CHECK(test.running().tail() == tail.next());
  CHECK(test.timeline().back().emitter == "PaymentReminder|c");
}

TEST_CASE(
    "a topic that is adopted where nobody hosts it remembers when a program comes that does") {
  old_shop old;
  host_test test;
  import(test, exported(old.test));
  REQUIRE(test.running().adopt("PaymentReminder", overdue_timers::fire));
  test.run();
  test.stop();
  test.add<payment_reminder>();
  test.restart();
  CHECK(stopped(test).empty());
  REQUIRE(test.read<payment_reminder>("a"));
  CHECK(test.read<payment_reminder>("a")->state.reminders() == 1);
  test.advance(2h);
  CHECK(test.timeline("ReminderSent").size() == 2);
}

TEST_CASE("an adopted topic whose code decides otherwise stops, as after a reset") {
  host_test old;
  old.add<payment_reminder>();
  old.append(placed("a"));
  auto part = exported(old);
  for (auto& each : part.events) {
    if (each.type == "PaymentOverdue") each.payload = "\x0a\x01z";
  }
  host_test test;
  test.add<payment_reminder>();
  import(test, std::move(part));
  REQUIRE(test.running().adopt("PaymentReminder"));
  test.run();
  REQUIRE(stopped(test).size() == 1);
  CHECK(stopped(test).front().find("divergence") != std::string::npos);
}

TEST_CASE("the adoption of an imported topic that a crash overtakes is whole or was never there") {
  for (std::uint64_t at = 1; at < 14; ++at) {
    CAPTURE(at);
    old_shop old;
    host_test test;
    test.add<payment_reminder>();
    import(test, exported(old.test));
    const auto tail = test.running().tail();
    const auto before = test.commits();
    test.on_commit([&](std::uint64_t commit) { return commit != before + at; });
    static_cast<void>(test.running().adopt("PaymentReminder", overdue_timers::keep));
    test.run();
    test.on_commit([](std::uint64_t) { return true; });
    if (test.crashed()) test.crash_and_restart();
    const auto again = test.running().adopt("PaymentReminder", overdue_timers::keep);
    CHECK((again || again.error().code == errc::conflict));
    test.run();
    CHECK(stopped(test).empty());
    CHECK(test.running().tail() == tail);
    REQUIRE(test.read<payment_reminder>("a"));
    CHECK(test.read<payment_reminder>("a")->state.reminders() == 1);
  }
}
