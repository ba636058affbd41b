#include <chrono>
#include <iostream>
#include <millrace/flow_test.hpp>

#include "orders.pb.h"

namespace {

using namespace std::chrono_literals;

struct payment_reminder {
  static constexpr std::string_view name = "PaymentReminder";
  using observes = millrace::events<orders::OrderPlaced, orders::OrderPaid, orders::PaymentOverdue>;

  static millrace::route route(const orders::OrderPlaced& e) {
    return millrace::starts(e.order_id());
  }
  static millrace::route route(const orders::OrderPaid& e) { return millrace::joins(e.order_id()); }
  static millrace::route route(const orders::PaymentOverdue& e) {
    return millrace::joins(e.order_id());
  }

  void given(const orders::OrderPlaced& e) { state.set_cents(e.cents()); }

  void when(const orders::OrderPlaced& e, millrace::reactions& then) const {
    then.emit_after<orders::PaymentOverdue>(30min).set_order_id(e.order_id());
  }
  void when(const orders::OrderPaid&, millrace::reactions& then) const { then.done(); }

  void given(const orders::PaymentOverdue&) { state.set_overdue(true); }

  orders::OpenOrder state;
};

}  // namespace

int main() {
  orders::OrderPlaced placed;
  placed.set_order_id("A-1");
  placed.set_cents(990);
  orders::PaymentOverdue overdue;
  overdue.set_order_id("A-1");
  orders::OrderPaid paid;
  paid.set_order_id("A-1");

  millrace::flow_test<payment_reminder> test;
  test.when(placed).then_after(30min, overdue).then_nothing_else();
  if (test.state().cents() != 990) return 1;
  test.when(paid).then_done().then_nothing_else();
  std::cout << "payment_reminder: placed, paid, done\n";
}
