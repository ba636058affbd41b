// Statistics of a store are equal to an independent recount.
#include <catch2/catch.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <random>

#include "host/figures.hpp"
#include "support.hpp"

using namespace millrace;
using namespace millrace::test;

namespace {

/// Routes by hand, and keeps everything.
struct recount {
  struct flow {
    std::vector<std::uint64_t> inbox;
    std::optional<std::uint64_t> checkpoint;
    bool stopped = false;
    std::size_t state_size = 0;

    [[nodiscard]] std::uint64_t handled() const {
      return static_cast<std::uint64_t>(std::count_if(
          inbox.begin(), inbox.end(), [&](auto at) { return checkpoint && at <= *checkpoint; }));
    }
    [[nodiscard]] std::uint64_t lag() const { return inbox.size() - handled(); }
  };
  std::map<std::string, flow> flows;

  void route(std::uint64_t at, const Act& what) {
    flows["AllActs"].inbox.push_back(at);
    const auto key = "Acts|" + what.id();
    if (!what.joins() || flows.contains(key)) flows[key].inbox.push_back(at);
  }
};

v1::Checkpoint checkpoint_of(const recount::flow& flow) {
  v1::Checkpoint made;
  if (flow.checkpoint) made.set_position(*flow.checkpoint);
  if (flow.stopped) {
    made.set_error_position(flow.inbox[flow.handled()]);
    made.set_error_message("broke");
  }
  return made;
}

void check_sum(const flow_statistics& of, const recount& counted, const std::string& prefix) {
  flow_statistics wanted;
  std::optional<std::uint64_t> oldest;
  std::optional<std::uint64_t> error;
  for (const auto& [key, flow] : counted.flows) {
    if (!key.starts_with(prefix)) continue;
    ++wanted.flows;
    wanted.stopped += flow.stopped ? 1 : 0;
    wanted.pending += !flow.stopped && flow.lag() > 0 ? 1 : 0;
    wanted.lag += flow.lag();
    wanted.state_size += flow.state_size;
    if (flow.lag() > 0) oldest = std::min(oldest.value_or(UINT64_MAX), flow.inbox[flow.handled()]);
    if (flow.stopped) error = std::max(error.value_or(0), flow.inbox[flow.handled()]);
  }
  CHECK(of.flows == wanted.flows);
  CHECK(of.pending == wanted.pending);
  CHECK(of.stopped == wanted.stopped);
  CHECK(of.lag == wanted.lag);
  CHECK(of.state_size == wanted.state_size);
  REQUIRE(of.oldest.has_value() == oldest.has_value());
  if (oldest) CHECK(of.oldest->value == *oldest);
  if (oldest) CHECK(of.oldest_time == midnight + std::chrono::seconds{*oldest});
  REQUIRE(of.last_error.has_value() == error.has_value());
  if (error) CHECK(of.last_error->at.value == *error);
}

}  // namespace

TEST_CASE("statistics are those of a recount, of what is stored and of what is not routed yet") {
  const auto seed = GENERATE(range(1u, 9u));
  CAPTURE(seed);
  std::mt19937 random{seed};
  const auto below = [&](std::uint64_t end) { return random() % end; };
  store_builder made;
  recount counted;
  const auto types = types_of<acts, all_acts>();
  const auto append = [&](int events) {
    for (; events > 0; --events) {
      const auto what = act(std::to_string(below(12)), "x", below(2) == 0);
      counted.route(made.append(what).value, what);
    }
  };
  append(120);
  made.route(types);
  for (auto& [key, flow] : counted.flows) {
    if (below(4) == 0) continue;
    flow.checkpoint = flow.inbox[below(flow.inbox.size())];
    flow.stopped = flow.lag() > 0 && below(3) == 0;
    flow.state_size = below(500);
    made.checkpoint(key, checkpoint_of(flow), std::string(flow.state_size, 's'));
  }
  append(static_cast<int>(below(60)));

  const auto known = known_of(types);
  const auto now = *overview::of(made.stored, *known);
  const auto at = midnight + std::chrono::hours{1};
  const auto of = *statistics_of(made.stored, now, {}, at);
  REQUIRE(of.types.size() == 2);
  CHECK(of.types[0].name == "Acts");
  check_sum(of.types[0], counted, "Acts|");
  check_sum(of.types[1], counted, "AllActs");
  check_sum(of.all, counted, "");
  for (const auto& [key, flow] : counted.flows) {
    CAPTURE(key);
    const auto view = *now.find(flow_key::parse(key));
    REQUIRE(view);
    auto one = *figures_of(made.stored, *view, *now.waiting(*view));
    REQUIRE(date_oldest(made.stored, one));
    recount alone;
    alone.flows.emplace(key, flow);
    check_sum(one, alone, key);
    CHECK(one.latest == position{flow.inbox.back()});
    CHECK(one.checkpoint.has_value() == flow.checkpoint.has_value());
  }
}

TEST_CASE("a lag is counted without reading the inbox") {
  store_builder made;
  const auto types = types_of<all_acts>();
  for (int i = 0; i < 500; ++i) made.append(act("1"));
  made.route(types);
  made.checkpoint("AllActs", made.handled(99));
  const auto known = known_of(types);
  const auto now = *overview::of(made.stored, *known);
  const auto before = made.stored.reads();
  const auto of = *statistics_of(made.stored, now, {}, midnight);
  CHECK(of.all.lag == 400);
  CHECK(of.all.oldest == position{100});
  CHECK(made.stored.reads().postings - before.postings == 1);
  CHECK(made.stored.reads().events - before.events == 2);  // of the type, and of all
}

TEST_CASE("a type whose routing is stopped counts as stopped, with its error") {
  store_builder made;
  const auto types = types_of<acts>();
  made.append(act("1", "unroutable"));
  const auto known = known_of(types);
  const auto of = *statistics_of(made.stored, *overview::of(made.stored, *known), {}, midnight);
  CHECK(of.all.stopped == 1);
  CHECK(of.all.last_error->flow == "Acts");
  CHECK(of.all.last_error->at == position{0});
}

TEST_CASE("statistics of all, of a type and of a flow, in words and as JSON") {
  store_builder made;
  const auto types = types_of<acts, all_acts>();
  for (int i = 0; i < 3; ++i) made.append(act(std::to_string(i)));
  made.route(types);
  made.checkpoint("AllActs", made.handled(0), "four");
  command_line line{made.stored, types};
  REQUIRE(cli::statistics(line.in, ""));
  CHECK_THAT(line.out(), Catch::Matchers::Contains("AllActs      1        1"));
  line.in.json = true;
  REQUIRE(cli::statistics(line.in, ""));
  const auto out = line.out();
  CHECK(std::count(out.begin(), out.end(), '\n') == 3);
  REQUIRE(cli::statistics(line.in, "AllActs"));
  const auto value = nlohmann::json::parse(line.out());
  CHECK(value["name"] == "AllActs");
  CHECK(value["lag"] == 2);
  CHECK(value["oldest"] == 1);
  CHECK(value["state_bytes"] == 4);
  CHECK(value["last_error"].is_null());
  REQUIRE(cli::statistics(line.in, "Acts"));
  CHECK(nlohmann::json::parse(line.out())["flows"] == 3);
  CHECK(cli::statistics(line.in, "Nobody").error().code == errc::not_found);
}
