// Promise 11: every flow's state is a function of the recorded timeline alone: not of batch sizes,
// worker counts, crashes or speed.
#include <catch2/catch.hpp>
#include <millrace/host.hpp>

#include <future>
#include <map>
#include <random>

#include "support/diarist.hpp"
#include "support/notes.hpp"
#include "support/shop.hpp"
#include "support/temporary_directory.hpp"

using namespace millrace;
using namespace millrace::shop;
using namespace std::chrono_literals;

namespace {

using recorded = host_test::recorded;

constexpr int customers = 6;

/// All that a topic can do: own words, timers, cancellations, an end from outside and one of its
/// own.
struct dunning {
  static constexpr std::string_view name = "Dunning";
  using observes = events<OrderPlaced, OrderPaid, PaymentOverdue, ReminderSent>;
  static millrace::route route(const OrderPlaced& e) { return starts(e.order_id()); }
  static millrace::route route(const OrderPaid& e) { return joins(e.order_id()); }
  static millrace::route route(const PaymentOverdue& e) { return joins(e.order_id()); }
  static millrace::route route(const ReminderSent& e) { return joins(e.order_id()); }

  explicit dunning(duration one_unit) : unit(one_unit) {}

  void given(const OrderPlaced& e) { state.add_seen("placed " + std::to_string(e.total())); }
  void given(const OrderPaid&) { state.set_paid(true); }
  void given(const PaymentOverdue&) { state.add_seen("overdue"); }
  void given(const ReminderSent&) {
    state.set_reminders(state.reminders() + 1);
    state.add_seen("reminded");
  }

  void when(const OrderPlaced& e, reactions& then) const {
    if (e.total() % 4 == 1) then.cancel<PaymentOverdue>();
    if (e.total() % 3 == 0) then.emit<ReminderSent>().set_order_id(e.order_id());
    then.emit_after<PaymentOverdue>(e.total() % 20 * unit).set_order_id(e.order_id());
  }
  void when(const PaymentOverdue& e, reactions& then) const {
    then.emit<ReminderSent>().set_order_id(e.order_id());
    if (state.reminders() > 2) return;
    then.emit_after<PaymentOverdue>(5 * unit).set_order_id(e.order_id());
  }
  void when(const OrderPaid&, reactions& then) const { then.done(); }
  void when(const ReminderSent&, reactions& then) const {
    if (state.reminders() > 6) then.done();
  }

  ReminderState state;
  duration unit;
};

/// A query with joins and an end.
struct account {
  static constexpr std::string_view name = "Account";
  using observes = events<OrderPlaced, OrderPaid, ReminderSent>;
  static millrace::route route(const OrderPlaced& e) { return starts(e.order_id()); }
  static millrace::route route(const OrderPaid& e) { return joins(e.order_id()); }
  static millrace::route route(const ReminderSent& e) { return joins(e.order_id()); }
  void given(const OrderPlaced& e) { state.set_total(state.total() + e.total()); }
  void given(const ReminderSent&) { state.set_count(state.count() + 1); }
  bool ends(const OrderPaid&) const { return true; }
  OrderList state;
};

/// A query that writes down every position it sees.
struct positions {
  static constexpr std::string_view name = "Positions";
  using observes = events<OrderPlaced, OrderPaid, PaymentOverdue, ReminderSent>;
  template <class E>
  void note(const E&, const event& what) {
    state.add_numbers(static_cast<std::int64_t>(what.at.value));
  }
  void given(const OrderPlaced& e, const event& what) { note(e, what); }
  void given(const OrderPaid& e, const event& what) { note(e, what); }
  void given(const PaymentOverdue& e, const event& what) { note(e, what); }
  void given(const ReminderSent& e, const event& what) { note(e, what); }
  Notes state;
};

std::string id_of(const recorded& what) { return what.as<OrderPaid>().order_id(); }  // all have it

/// The same three flows, without any of the engine.
class plain_fold {
 public:
  explicit plain_fold(const std::vector<recorded>& timeline) : all_(timeline) {
    for (const auto& each : all_) {
      if (each.type.starts_with("millrace.") || each.due) continue;
      positions_.add_numbers(static_cast<std::int64_t>(each.at.value));
      fold_account(each);
      fold_dunning(each);
    }
  }
  /// Empty: not alive.
  std::optional<ReminderState> dunning_of(const std::string& id) {
    return lives_[id].begun ? std::optional{lives_[id].state} : std::nullopt;
  }
  std::optional<OrderList> account_of(const std::string& id) { return accounts_[id]; }
  const Notes& positions() const { return positions_; }

 private:
  struct life {
    std::optional<position> begun;
    std::optional<position> cancelled_before;
    ReminderState state;
  };

  void fold_account(const recorded& what) {
    auto& mine = accounts_[id_of(what)];
    if (what.type == "OrderPlaced") {
      if (!mine) mine.emplace();
      mine->set_total(mine->total() + what.as<OrderPlaced>().total());
    } else if (mine && what.type == "ReminderSent") {
      mine->set_count(mine->count() + 1);
    } else if (what.type == "OrderPaid") {
      mine.reset();
    }
  }

  void fold_dunning(const recorded& what) {
    auto& mine = lives_[id_of(what)];
    const bool placed = what.type == "OrderPlaced";
    if (!mine.begun && !placed) return;
    if (!mine.begun) mine = {what.at, {}, {}};
    if (what.from_schedule && is_void(mine, what)) return;
    const bool own = !what.emitter.empty() && !what.from_schedule && *what.cause >= *mine.begun;
    if (!own) give(mine.state, what);
    for (const auto& each : all_) {
      if (each.cause == what.at && each.type == "ReminderSent") give(mine.state, each);
    }
    const bool over =
        what.type == "OrderPaid" || (what.type == "ReminderSent" && mine.state.reminders() > 6);
    if (over) return mine.begun.reset();
    if (placed && what.as<OrderPlaced>().total() % 4 == 1) mine.cancelled_before = what.at;
  }
  bool is_void(const life& mine, const recorded& firing) const {
    const auto set_by = *all_[firing.cause->value].cause;
    return set_by < *mine.begun || (mine.cancelled_before && set_by < *mine.cancelled_before);
  }
  static void give(ReminderState& state, const recorded& what) {
    if (what.type == "OrderPlaced") {
      state.add_seen("placed " + std::to_string(what.as<OrderPlaced>().total()));
    } else if (what.type == "OrderPaid") {
      state.set_paid(true);
    } else if (what.type == "PaymentOverdue") {
      state.add_seen("overdue");
    } else {
      state.set_reminders(state.reminders() + 1);
      state.add_seen("reminded");
    }
  }

  const std::vector<recorded>& all_;
  std::map<std::string, life> lives_;
  std::map<std::string, std::optional<OrderList>> accounts_;
  Notes positions_;
};

template <class State>
std::string shown(const std::optional<State>& state) {
  return state ? state->ShortDebugString() : "not alive";
}
template <class State>
std::string shown(const result<reading<State>>& seen) {
  return seen ? seen->state.ShortDebugString() : "not alive";
}

void check_against_fold(host& running, const std::vector<recorded>& timeline) {
  plain_fold expected{timeline};
  for (int i = 0; i < customers; ++i) {
    const auto id = std::to_string(i);
    INFO("customer " << id);
    CHECK(shown(running.read<dunning>(id)) == shown(expected.dunning_of(id)));
    CHECK(shown(running.read<account>(id)) == shown(expected.account_of(id)));
  }
  CHECK(shown(running.read<positions>()) == shown(std::optional{expected.positions()}));
}

/// Every firing has an entry of its own, and every reaction its own place after its cause.
void check_once(const std::vector<recorded>& timeline) {
  std::map<std::uint64_t, int> firings;
  for (const auto& each : timeline) {
    if (each.cause) CHECK(*each.cause < each.at);
    if (!each.from_schedule) continue;
    CHECK(timeline[each.cause->value].due);
    CHECK(++firings[each.cause->value] == 1);
  }
}

std::vector<std::vector<new_event>> workload(std::uint64_t seed, int calls) {
  std::mt19937_64 random{seed};
  std::vector<std::vector<new_event>> all;
  for (int call = 0; call < calls; ++call) {
    auto& events = all.emplace_back();
    for (auto more = random() % 5 + 1; more > 0; --more) {
      const auto id = std::to_string(random() % customers);
      const auto total = static_cast<std::int64_t>(random() % 60);
      const bool pays = random() % 4 == 0;
      auto& one =
          events.emplace_back(pays ? new_event::of(paid(id)) : new_event::of(placed(id, total)));
      one.id = std::to_string(call) + "." + std::to_string(more);
    }
  }
  return all;
}

}  // namespace

TEST_CASE(
    "whatever the batches, the order of steps and the crashes, states are folds of the timeline") {
  const std::size_t batch = GENERATE(1, 2, 3, 7, 100, 4096);
  const std::uint64_t seed = GENERATE(0, 1, 2);
  const int lost = GENERATE(0, 2, 3, 11);
  INFO("seed " << seed << ", batches of " << batch << ", each commit number " << lost
               << " is lost");
  host_test test{{.seed = seed}};
  const flow_options options{.flush = flush_every(batch)};
  test.add<dunning>(options, duration{1min}).add<account>(options).add<positions>(options);
  int attempts = 0;
  if (lost > 0) test.on_commit([&](std::uint64_t) { return ++attempts % lost != 0; });
  std::mt19937_64 random{seed + 100};
  for (const auto& call : workload(seed, 40)) {
    for (bool acknowledged = false; !acknowledged;) {
      acknowledged = test.try_append(call).has_value();
      while (test.crashed()) test.crash_and_restart();
    }
    millrace::test::live_on(test, std::chrono::minutes{random() % 8});
  }
  while (!test.schedule().empty()) millrace::test::live_on(test, 10min);
  test.on_commit(nullptr);
  test.run();
  const auto timeline = test.timeline();
  check_once(timeline);
  CHECK(timeline.size() > 200);
  check_against_fold(test.running(), timeline);
  test.crash_and_restart();
  CHECK(test.timeline().size() == timeline.size());
  check_against_fold(test.running(), timeline);
}

namespace {

/// All of the timeline, through a subscription.
std::vector<recorded> timeline_of(host& running) {
  std::vector<recorded> all;
  std::promise<void> complete;
  const auto tail = running.tail();
  bool told = false;
  const auto open = running.subscribe({}, [&](delivery kind, const event* what) {
    if (kind == delivery::event) {
      recorded one{.at = what->at,
                   .type = std::string{what->type},
                   .time = what->time,
                   .cause = what->cause(),
                   .emitter = std::string{what->emitter()},
                   .from_schedule = what->from_schedule(),
                   .due = {},
                   .payload = std::string{what->payload}};
      if (!one.from_schedule) one.due = what->due();
      all.push_back(std::move(one));
    } else if (all.size() == tail.value && !std::exchange(told, true)) {
      complete.set_value();
    }
  });
  complete.get_future().wait();
  return all;
}

}  // namespace

TEST_CASE("whatever the number of workers, states are folds of the timeline, also over restarts") {
  const std::size_t workers = GENERATE(1, 2, 4);
  const std::uint64_t seed = GENERATE(1, 2);
  const std::size_t batch = GENERATE(3, 4096);
  INFO("seed " << seed << ", " << workers << " workers, batches of " << batch);
  const temporary_directory place;
  const flow_options options{.flush = flush_every(batch)};
  const auto open = [&](host& one) {
    REQUIRE(one.add<dunning>(options, duration{0}));  // timers are due at once
    REQUIRE(one.add<account>(options));
    REQUIRE(one.add<positions>(options));
    REQUIRE(one.add<open_orders>(options));
    REQUIRE(one.open());
  };
  const auto input = workload(seed, 300);
  std::size_t next = 0;
  const auto append_until = [&](host& one, std::size_t end) {
    std::vector<future<result<std::vector<position>>>> answers;
    for (; next < end; ++next) answers.push_back(one.append(input[next]));
    for (auto& each : answers) REQUIRE(each.get());
  };
  for (const auto end : {input.size() / 3, 2 * input.size() / 3}) {
    host one{{.store = place.path(), .worker_threads = workers}};
    open(one);
    append_until(one, end);
    one.stop(duration{0});
  }
  host last{{.store = place.path(), .worker_threads = workers}};
  open(last);
  append_until(last, input.size());
  REQUIRE(last.wait_until_caught_up(60s));
  const auto timeline = timeline_of(last);
  check_once(timeline);
  check_against_fold(last, timeline);

  // What sees only the input is the same for every number of workers.
  open_orders expected;
  for (const auto& call : input) {
    for (const auto& each : call) {
      OrderPlaced order;
      OrderPaid payment;
      if (each.type == "OrderPlaced" && order.ParseFromString(each.payload)) expected.given(order);
      if (each.type == "OrderPaid" && payment.ParseFromString(each.payload)) {
        expected.given(payment);
      }
    }
  }
  CHECK(shown(last.read<open_orders>()) == expected.state.ShortDebugString());
}
