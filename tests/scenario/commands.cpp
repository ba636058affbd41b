// POST /v1/commands over a real store and a real socket: what a program of its own cannot be made
// to do in tests/programs, topics that stop and lead far.
#include <catch2/catch.hpp>
#include <millrace/admission.hpp>
#include <millrace/service.hpp>

#include <nlohmann/json.hpp>
#include <thread>

#include "base/service_limits.hpp"
#include "service/server.hpp"
#include "service/socket_name.hpp"
#include "support/notes.hpp"
#include "support/temporary_directory.hpp"

using namespace millrace;
using namespace millrace::shop;
using namespace std::chrono_literals;

namespace {

/// Hands an order on; throws at those that are bad, forgets those that are lost.
struct desk {
  static constexpr std::string_view name = "Desk";
  using observes = events<OrderPlaced>;
  static millrace::route route(const OrderPlaced& e) { return starts(e.order_id()); }
  void when(const OrderPlaced& e, reactions& then) const {
    if (e.order_id() == "bad") throw std::runtime_error{"no such article"};
    if (e.order_id() == "lost") return;
    if (e.order_id() == "noisy") {
      for (std::size_t i = 0; i <= limits::command_effects_max / 2; ++i) {
        then.emit<Noted>().set_key("noise");
      }
      return;
    }
    then.emit<Noted>() = note(e.order_id(), e.total());
  }
};

/// Answers the note; throws at a number.
struct till {
  static constexpr std::string_view name = "Till";
  using observes = events<Noted>;
  static millrace::route route(const Noted& e) { return starts(e.key()); }
  void when(const Noted& e, reactions& then) const {
    if (e.number() == 13) throw std::runtime_error{"the till is jammed"};
    if (e.key() == "noise") {
      then.emit<ReminderSent>();
      return;
    }
    then.emit<OrderPaid>().set_order_id(e.key());
    then.emit_after<PaymentOverdue>(1h).set_order_id(e.key());
  }
};

/// Only so that the type of the answer is known here.
struct receipts {
  static constexpr std::string_view name = "Receipts";
  using observes = events<OrderPaid>;
  void given(const OrderPaid&) { state.set_count(state.count() + 1); }
  Notes state;
};

struct shop_daemon {
  temporary_directory place;
  host over{{.store = place.path()}};
  std::unique_ptr<service_daemon> daemon;

  shop_daemon() {
    REQUIRE(over.add<desk>());
    REQUIRE(over.add<till>());
    REQUIRE(over.add<receipts>());
    REQUIRE(over.open());
    auto started = service_daemon::start(over, {.listen = "127.0.0.1:0", .tokens = {}});
    REQUIRE(started);
    daemon = std::move(*started);
  }
  ~shop_daemon() { daemon->stop(); }

  struct answer {
    unsigned status = 0;
    nlohmann::json body;
  };
  answer call(const std::string& target, const std::string& body, const std::string& key = {}) {
    service::request asked{.method = "POST", .target = target, .header = {}, .body = body};
    asked.header.emplace_back("content-type", "application/json");
    if (!key.empty()) asked.header.emplace_back("idempotency-key", key);
    auto got = service::ask(service::socket_of(place.path()), asked, 1min);
    REQUIRE(got);
    return {got->status, nlohmann::json::parse(got->body)};
  }
  answer order(const std::string& id, int total, const std::string& arguments,
               const std::string& key = {}) {
    const nlohmann::json body{{"orderId", id}, {"total", total}};
    return call("/v1/commands/OrderPlaced?" + arguments, body.dump(), key);
  }
};

}  // namespace

TEST_CASE("a command is answered by what a topic makes of what another one made of it") {
  shop_daemon shop;
  const auto first = shop.order("a", 1, "until=PaymentOverdue,OrderPaid&timeout=30s");
  CHECK(first.status == 200);
  CHECK(first.body["type"] == "OrderPaid");
  CHECK(first.body["data"]["orderId"] == "a");
  const auto direct = shop.order("b", 1, "until=Noted&timeout=30s&correlation=mine");
  CHECK(direct.body["type"] == "Noted");
  CHECK(direct.body["correlation"] == "mine");
}

TEST_CASE("a command that comes again gets the answer of the first time, however long ago") {
  shop_daemon shop;
  const auto first = shop.order("a", 1, "until=OrderPaid&timeout=30s", "k");
  REQUIRE(shop.over.statistics());  // writes the cause index
  shop.order("b", 1, "until=OrderPaid&timeout=30s");
  const auto tail = shop.over.tail();
  const auto again = shop.order("a", 1, "until=OrderPaid&timeout=30s", "k");
  CHECK(again.status == 200);
  CHECK(again.body["position"] == first.body["position"]);
  CHECK(shop.over.tail() == tail);
}

TEST_CASE("a topic that stops on the command, or on what it led to, is the answer") {
  shop_daemon shop;
  const auto on_it = shop.order("bad", 1, "until=OrderPaid&timeout=30s", "k");
  CHECK(on_it.status == 500);
  CHECK(on_it.body["error"] == "stopped");
  CHECK(on_it.body["flow"] == "Desk|bad");
  CHECK(on_it.body["position"] == on_it.body["command"]);
  CHECK(on_it.body["detail"].get<std::string>().find("no such article") != std::string::npos);
  const auto again = shop.order("bad", 1, "until=OrderPaid&timeout=30s", "k");
  CHECK(again.status == 500);
  CHECK(again.body["command"] == on_it.body["command"]);

  const auto behind_it = shop.order("c", 13, "until=OrderPaid&timeout=30s");
  CHECK(behind_it.status == 500);
  CHECK(behind_it.body["flow"] == "Till|c");
  CHECK(behind_it.body["position"] > behind_it.body["command"]);
}

TEST_CASE("without an answer in time the command is where its status is") {
  shop_daemon shop;
  const auto late = shop.order("lost", 1, "until=OrderPaid&timeout=50ms");
  CHECK(late.status == 504);
  const auto command = late.body["command"].get<std::uint64_t>();
  CHECK(late.body["status_url"] == "/v1/events/" + std::to_string(command) + "/trace");
}

TEST_CASE("a command that leads to too much is not followed to its end") {
  shop_daemon shop;
  const auto noisy = shop.order("noisy", 1, "until=OrderPaid&timeout=60s");
  CHECK(noisy.status == 504);
  CHECK(noisy.body["detail"].get<std::string>().find("led to more than") != std::string::npos);
}

TEST_CASE("commands at the same time each get their own answer") {
  shop_daemon shop;
  std::vector<std::thread> callers;
  std::atomic<int> right{0};
  for (int caller = 0; caller < 8; ++caller) {
    callers.emplace_back([&, caller] {
      for (int i = 0; i < 20; ++i) {
        const auto id = std::to_string(caller) + "-" + std::to_string(i);
        const nlohmann::json body{{"orderId", id}, {"total", 1}};
        service::request asked{.method = "POST",
                               .target = "/v1/commands/OrderPlaced?until=OrderPaid&timeout=30s",
                               .header = {{"content-type", "application/json"}},
                               .body = body.dump()};
        auto got = service::ask(service::socket_of(shop.place.path()), asked, 1min);
        if (!got || got->status != 200) continue;
        if (nlohmann::json::parse(got->body)["data"]["orderId"] == id) ++right;
      }
    });
  }
  for (auto& each : callers) each.join();
  CHECK(right == 160);
}

TEST_CASE("what is no command is refused before anything is appended") {
  shop_daemon shop;
  CHECK(shop.order("a", 1, "timeout=1s").status == 400);
  CHECK(shop.order("a", 1, "until=OrderPaid&timeout=1").status == 400);
  CHECK(shop.order("a", 1, "until=OrderPaid&timeout=61s").status == 400);
  CHECK(shop.call("/v1/commands/OrderPlaced?until=OrderPaid", "{").status == 400);
  CHECK(shop.call("/v1/commands/OrderPlaced?until=OrderPaid", R"({"orderId":{}})").status == 422);
  CHECK(shop.over.tail() == position{0});
}
