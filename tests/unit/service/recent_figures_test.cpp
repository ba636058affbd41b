#include <catch2/catch.hpp>

#include "base/time_text.hpp"
#include "service/recent_figures.hpp"

using namespace millrace;
using namespace millrace::service;
using namespace std::chrono_literals;
using documents::json;

namespace {

const timestamp noon = *parse_time("2026-11-27T12:00:00Z");

json overview(double lag) {
  return {{"append_rate", 1.5},
          {"handled_rate", 2},
          {"lag", lag},
          {"stopped", 0},
          {"commit_p99", 0.1},
          {"flush_p99", nullptr},
          {"disk_free", 1000},
          {"timers_overdue", 0},
          {"oldest_time", nullptr},
          {"counted_at", to_text(noon)}};
}

}  // namespace

TEST_CASE("figures of before are told oldest first, with their ages") {
  recent_figures of;
  for (int i = 0; i < 3; ++i) of.add(timestamp{10s + i * 5s}, noon, overview(i));
  const auto told = of.json_of(timestamp{22s});
  CHECK(told["age"] == json({12.0, 7.0, 2.0}));
  CHECK(told["lag"] == json({0.0, 1.0, 2.0}));
  CHECK(told["append_rate"] == json({1.5, 1.5, 1.5}));
  CHECK(told["flush_p99"] == json({nullptr, nullptr, nullptr}));
}

TEST_CASE("what is older than a quarter of an hour is forgotten, so that memory is bounded") {
  recent_figures of;
  timestamp now{};
  for (int i = 0; i < 1000; ++i, now += 5s) of.add(now, noon, overview(0));
  const auto told = of.json_of(now - 5s);
  CHECK(told["age"].size() == 181);
  CHECK(told["age"].front() == 900.0);
  CHECK(told["age"].back() == 0.0);
}

TEST_CASE("an age is that of the moment; nothing that waits has none, and what is not counted no") {
  recent_figures of;
  auto waits = overview(1);
  waits["oldest_time"] = to_text(noon - 30s);
  of.add(timestamp{0s}, noon, waits);
  of.add(timestamp{5s}, noon, overview(0));
  auto uncounted = overview(0);
  uncounted["counted_at"] = uncounted["lag"] = nullptr;
  of.add(timestamp{10s}, noon, uncounted);
  const auto told = of.json_of(timestamp{10s});
  CHECK(told["oldest_age"] == json({30.0, 0.0, nullptr}));
  CHECK(told["lag"] == json({1.0, 0.0, nullptr}));
}

TEST_CASE("the next sample is wanted five seconds after the last one") {
  recent_figures of;
  CHECK(of.next() <= timestamp{0s});
  of.add(timestamp{7s}, noon, overview(0));
  CHECK(of.next() == timestamp{12s});
}
