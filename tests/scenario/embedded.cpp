// A host inside a service: in the service's own actor system, and used from many threads.
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <catch2/catch.hpp>
#include <millrace/host.hpp>

#include <thread>

#include "support/notes.hpp"
#include "support/temporary_directory.hpp"

using namespace millrace;
using namespace millrace::shop;

TEST_CASE("a host runs in the service's own actor system, and leaves it when it stops") {
  const temporary_directory place;
  caf::actor_system_config config;
  caf::actor_system service{config};
  for (int start = 1; start <= 2; ++start) {
    host embedded{{.store = place.path(), .actors = &service}};
    REQUIRE(embedded.add<notes>());
    REQUIRE(embedded.open());
    const auto at = embedded.append(note("a", start)).get();
    REQUIRE(at);
    REQUIRE(embedded.wait(at->front()));
    CHECK(embedded.read<notes>("a")->state.count() == start);
    embedded.stop();
  }
}

TEST_CASE("calls from many threads are answered, also while the host stops") {
  const temporary_directory place;
  host embedded{{.store = place.path()}};
  REQUIRE(embedded.add<notes>({.runs_on_own_thread = true}));
  REQUIRE(embedded.open());
  std::atomic<int> acknowledged{0};
  std::atomic<int> refused{0};
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 4; ++caller) {
    callers.emplace_back([&, caller] {
      const auto key = std::to_string(caller);
      while (refused < 4) {
        const auto appended = embedded.append(note(key, 1)).get();
        if (!appended) {
          ++refused;
          return;
        }
        ++acknowledged;
        static_cast<void>(embedded.read<notes>(key));
        static_cast<void>(embedded.flows([](const flow_summary&) {}));
      }
    });
  }
  while (acknowledged < 100) std::this_thread::yield();
  embedded.stop();
  for (auto& each : callers) each.join();
  CHECK(refused == 4);

  host again{{.store = place.path()}};
  REQUIRE(again.add<notes>());
  REQUIRE(again.open());
  REQUIRE(again.wait_until_caught_up(std::chrono::seconds{30}));
  CHECK(again.tail() == position{static_cast<std::uint64_t>(acknowledged)});
  std::int64_t handled = 0;
  for (int caller = 0; caller < 4; ++caller) {
    handled += again.read<notes>(std::to_string(caller))->state.count();
  }
  CHECK(handled == acknowledged);
}
