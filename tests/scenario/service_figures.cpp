// What a daemon says of flows that are slow, that fail, and that more comes for than they can do.
#include <catch2/catch.hpp>
#include <millrace/admission.hpp>
#include <millrace/host.hpp>
#include <millrace/service.hpp>

#include <semaphore>
#include <thread>

#include "service/server.hpp"
#include "service/socket_name.hpp"
#include "support/notes.hpp"
#include "support/temporary_directory.hpp"

using namespace millrace;
using namespace millrace::shop;
using namespace std::chrono_literals;

namespace {

constexpr auto limit = 60s;

/// Handles an event when it is allowed to.
struct held_back {
  static constexpr std::string_view name = "HeldBack";
  using observes = events<Noted>;
  explicit held_back(std::counting_semaphore<>* when) : may(when) {}
  void given(const Noted& e) {
    may->acquire();
    add_to(state, e);
  }
  Notes state;
  std::counting_semaphore<>* may;
};

struct flaky {
  static constexpr std::string_view name = "Flaky";
  using observes = events<Noted>;
  void given(const Noted& e) {
    if (e.text() == "bad") throw std::runtime_error{"bad note"};
  }
  Notes state;
};

/// A host with a daemon, asked through the store's socket.
class served {
 public:
  template <class Add>
  explicit served(const Add& add) {
    add(over_);
    REQUIRE(over_.open());
    auto started = service_daemon::start(over_, {.listen = "127.0.0.1:0"});
    REQUIRE(started);
    daemon_ = std::move(*started);
  }
  ~served() {
    daemon_.reset();
    over_.stop();
  }

  [[nodiscard]] host& over() { return over_; }
  service::response post(const std::string& events) {
    auto said = service::ask(socket(),
                             {.method = "POST",
                              .target = "/v1/events",
                              .header = {{"content-type", "application/json"}},
                              .body = events},
                             limit);
    REQUIRE(said);
    return std::move(*said);
  }
  bool says(const std::string& line) {
    auto said = service::ask(
        socket(), {.method = "GET", .target = "/metrics", .header = {}, .body = {}}, limit);
    REQUIRE(said);
    return said->body.find(line + '\n') != std::string::npos;
  }
  void wait_until_it_says(const std::string& line) {
    const auto late = std::chrono::steady_clock::now() + limit;
    while (!says(line)) {
      INFO(line);
      REQUIRE(std::chrono::steady_clock::now() < late);
    }
  }

 private:
  [[nodiscard]] std::filesystem::path socket() const { return service::socket_of(place_.path()); }

  temporary_directory place_;
  host over_{{.store = place_.path()}};
  std::unique_ptr<service_daemon> daemon_;
};

std::string some_notes(int count) {
  std::string made{"["};
  for (int i = 0; i < count; ++i) {
    made += std::string{i > 0 ? "," : ""} + R"({"type":"Noted","data":{"key":"k"}})";
  }
  return made + ']';
}

}  // namespace

TEST_CASE("what a slow flow has not handled is in its mailbox, and counted") {
  std::counting_semaphore<> may{0};
  served all{[&](host& to) { REQUIRE(to.add<held_back>({.runs_on_own_thread = true}, &may)); }};
  REQUIRE(all.post(some_notes(7)).status == 201);
  all.wait_until_it_says(R"(millrace_mailbox_events{type="HeldBack"} 7)");
  CHECK(all.says(R"(millrace_lag_events{type="HeldBack"} 7)"));
  may.release(7);
  all.wait_until_it_says(R"(millrace_mailbox_events{type="HeldBack"} 0)");
}

TEST_CASE("attempts are counted, and a flow that stops has left its contract") {
  served all{
      [](host& to) { REQUIRE(to.add<flaky>({.on_error = retry_then_stop(3).with_backoff(1ms)})); }};
  REQUIRE(agree_on_lag(all.over(), {.of_type = {{"Flaky", 10}}}));
  CHECK(all.says(R"(millrace_contracts_left{type="Flaky"} 0)"));
  REQUIRE(all.post(R"([{"type":"Noted","data":{"key":"k","text":"bad"}}])").status == 201);
  all.wait_until_it_says(R"(millrace_contracts_left{type="Flaky"} 1)");
  CHECK(all.says(R"(millrace_retries_total{type="Flaky"} 3)"));
  CHECK(all.says(R"(millrace_flows_stopped{type="Flaky"} 1)"));
}

TEST_CASE("of more than ten times the load a flow gets no more than the bound and one call") {
  constexpr std::uint64_t bound = 50, of_one_call = 10, rounds = 20, calls = 40;
  constexpr std::uint64_t handled_each_round = 10;
  std::counting_semaphore<> may{0};
  served all{[&](host& to) { REQUIRE(to.add<held_back>({.runs_on_own_thread = true}, &may)); }};
  REQUIRE(agree_on_lag(all.over(), {.all = bound}));
  std::atomic<std::uint64_t> offered = 0, taken = 0, refused_wrongly = 0;
  std::uint64_t worst = 0;
  for (std::uint64_t round = 0; round < rounds; ++round) {
    std::vector<std::thread> writers;
    for (int writer = 0; writer < 4; ++writer) {
      writers.emplace_back([&] {
        for (std::uint64_t call = 0; call < calls / 4; ++call) {
          const auto status = all.post(some_notes(of_one_call)).status;
          offered += of_one_call;
          if (status == 201) taken += of_one_call;
          if (status != 201 && status != 503) ++refused_wrongly;
        }
      });
    }
    for (auto& each : writers) each.join();
    worst = std::max(worst, all.over().statistics(flow_key{"HeldBack"})->lag);
    may.release(handled_each_round);
  }
  CHECK(refused_wrongly == 0);
  CHECK(taken > bound + of_one_call);  // more is let in as the flow gets on
  CHECK(offered >= 10 * taken);
  CHECK(worst >= bound);
  CHECK(worst <= bound + of_one_call);
  may.release(static_cast<std::ptrdiff_t>(taken.load()));
  REQUIRE(all.over().wait_until_caught_up(limit));
}
