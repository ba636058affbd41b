#include "service/liveness.hpp"

#include <catch2/catch.hpp>

using namespace millrace;
using millrace::service::liveness;
using namespace std::chrono_literals;
using verdict = liveness::verdict;

namespace {

constexpr liveness::moment start{};
constexpr std::size_t large = 64u << 20;

}  // namespace

TEST_CASE("who says nothing is asked once, and given up when no answer comes") {
  liveness client{start};
  CHECK(client.look(10, 0, start + 1s) == verdict::fine);
  CHECK(client.look(10, 0, start + 15s) == verdict::fine);
  CHECK(client.look(10, 0, start + 16s) == verdict::ask);
  CHECK(client.look(10, 2, start + 31s) == verdict::fine);
  CHECK(client.look(10, 2, start + 32s) == verdict::silent);
}

TEST_CASE("an answer is heard, and the next silence begins") {
  liveness client{start};
  CHECK(client.look(0, 0, start + 15s) == verdict::ask);
  CHECK(client.look(6, 2, start + 20s) == verdict::fine);
  CHECK(client.look(6, 2, start + 35s) == verdict::ask);
  CHECK(client.look(6, 4, start + 50s) == verdict::fine);
  CHECK(client.look(6, 4, start + 51s) == verdict::silent);
}

TEST_CASE("who takes nothing of a message is given up") {
  liveness client{start};
  client.begins(large, start);
  CHECK(client.look(1, 4000, start + 1s) == verdict::fine);
  CHECK(client.look(2, 4000, start + 21s) == verdict::fine);
  CHECK(client.look(3, 4000, start + 22s) == verdict::deaf);
}

TEST_CASE("who reads a large message slowly stays, though no answer to a ping can come") {
  liveness client{start};
  client.begins(large, start);
  std::size_t sent = 0;
  for (auto now = 1s; now < 900s; ++now) {
    sent += limits::transfer_rate_min;
    const auto is = client.look(0, sent, start + now);
    CHECK((is == verdict::fine || is == verdict::ask));
  }
}

TEST_CASE("who takes a message more slowly than is promised is given up") {
  liveness client{start};
  client.begins(large, start);
  std::size_t sent = 0;
  auto now = 1s;
  while (client.look(1, ++sent, start + now) != verdict::deaf) ++now;
  CHECK(now == 20s + std::chrono::seconds{large / limits::transfer_rate_min} + 1s);
}

TEST_CASE("who takes each message has no deadline between two of them") {
  liveness client{start};
  client.begins(100, start);
  CHECK(client.look(1, 100, start + 1s) == verdict::fine);
  client.taken();
  CHECK(client.look(2, 100, start + 60s) == verdict::fine);
  client.begins(100, start + 60s);
  CHECK(client.look(2, 100, start + 61s) == verdict::fine);
}
