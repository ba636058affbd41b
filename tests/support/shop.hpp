/// The flows of the example in design.md, for scenarios that need no more than that.
#pragma once

#include <millrace/flow.hpp>

#include "support/shop.pb.h"

namespace millrace::shop {

using namespace std::chrono_literals;

/// Reminds of an unpaid order after half an hour, once.
struct payment_reminder {
  static constexpr std::string_view name = "PaymentReminder";
  using observes = events<OrderPlaced, OrderPaid, PaymentOverdue, ReminderSent>;

  static millrace::route route(const OrderPlaced& e) { return starts(e.order_id()); }
  static millrace::route route(const OrderPaid& e) { return joins(e.order_id()); }
  static millrace::route route(const PaymentOverdue& e) { return joins(e.order_id()); }
  static millrace::route route(const ReminderSent& e) { return joins(e.order_id()); }

  void given(const OrderPaid&) { state.set_paid(true); }
  void given(const ReminderSent&) { state.set_reminders(state.reminders() + 1); }

  void when(const OrderPlaced& e, reactions& then) const {
    then.emit_after<PaymentOverdue>(30min).set_order_id(e.order_id());
  }
  void when(const PaymentOverdue& e, reactions& then) const {
    if (!state.paid()) then.emit<ReminderSent>().set_order_id(e.order_id());
  }
  void when(const OrderPaid&, reactions& then) const { then.done(); }

  ReminderState state;
};

/// All open orders, one list.
struct open_orders {
  static constexpr std::string_view name = "OpenOrders";
  using observes = events<OrderPlaced, OrderPaid>;

  void given(const OrderPlaced& e) {
    state.add_open(e.order_id());
    state.set_total(state.total() + e.total());
    state.set_count(state.count() + 1);
  }
  void given(const OrderPaid& e) {
    auto& open = *state.mutable_open();
    open.erase(std::remove(open.begin(), open.end(), e.order_id()), open.end());
  }

  OrderList state;
};

inline OrderPlaced placed(const std::string& id, std::int64_t total = 1) {
  OrderPlaced made;
  made.set_order_id(id);
  made.set_total(total);
  return made;
}
inline OrderPaid paid(const std::string& id) {
  OrderPaid made;
  made.set_order_id(id);
  return made;
}

}  // namespace millrace::shop
