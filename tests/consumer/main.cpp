#include <iostream>
#include <millrace/flow.hpp>

#include "orders.pb.h"

namespace {

struct open_orders {
  static constexpr std::string_view name = "OpenOrders";
  using observes = millrace::events<orders::OrderPlaced, orders::OrderPaid>;

  static millrace::route route(const orders::OrderPlaced& e) {
    return millrace::starts(e.order_id());
  }
  static millrace::route route(const orders::OrderPaid& e) { return millrace::joins(e.order_id()); }

  void given(const orders::OrderPlaced& e) { state.set_cents(e.cents()); }
  bool ends(const orders::OrderPaid&) const { return true; }

  orders::OpenOrder state;
};

}  // namespace

int main() {
  const auto type = millrace::describe<open_orders>();
  std::cout << type.name << " observes " << type.observes.size() << " events\n";
  return type.observes.size() == 2 && !type.topic ? 0 : 1;
}
