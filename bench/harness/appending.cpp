#include "harness/appending.hpp"

#include <deque>
#include <thread>

#include "harness/basics.hpp"

namespace millrace::bench {
namespace {

using answer = std::future<result<std::vector<position>>>;

void append_share(host& to, std::uint64_t events, std::size_t per_call, std::size_t calls) {
  std::deque<answer> waiting;
  const auto settle = [&] {
    got(waiting.front().get());
    waiting.pop_front();
  };
  for (std::uint64_t sent = 0; sent < events; sent += per_call) {
    if (per_call == 1) {
      waiting.push_back(to.append(ballast_event()));
    } else {
      waiting.push_back(to.append(std::vector<new_event>(per_call, ballast_event())));
    }
    if (waiting.size() >= calls) settle();
  }
  while (!waiting.empty()) settle();
}

}  // namespace

const std::string& ballast() {
  static const std::string text = R"({"ballast":")" + std::string(186, 'x') + R"("})";
  return text;
}

new_event ballast_event() {
  new_event made;
  made.type = "Ballast";
  made.payload = ballast();
  made.content_type = std::string{content_type_json};
  return made;
}

double append_all(host& to, const appending& how) {
  const auto calls = std::max<std::size_t>(1, how.in_flight / how.per_call / how.threads);
  const auto share = how.events / how.threads;
  const double took = seconds_of([&] {
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < how.threads; ++i) {
      threads.emplace_back([&] { append_share(to, share, how.per_call, calls); });
    }
    for (auto& each : threads) each.join();
  });
  return static_cast<double>(share * how.threads) / took;
}

}  // namespace millrace::bench
