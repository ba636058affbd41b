#include "harness/appending.hpp"

#include <algorithm>
#include <deque>
#include <thread>

#include "harness/basics.hpp"

namespace millrace::bench {
namespace {

using answer = future<result<std::vector<position>>>;

/// Events [from, until).
void append_share(host& to, const appending& how, std::uint64_t from, std::uint64_t until,
                  std::size_t calls) {
  std::deque<answer> waiting;
  const auto settle = [&] {
    got(waiting.front().get());
    waiting.pop_front();
  };
  const auto make = [&](std::uint64_t at) { return how.make ? how.make(at) : ballast_event(); };
  while (from < until) {
    if (how.per_call == 1) {
      waiting.push_back(to.append(make(from++)));
    } else {
      std::vector<new_event> batch;
      const auto end = std::min<std::uint64_t>(until, from + how.per_call);
      while (from < end) batch.push_back(make(from++));
      waiting.push_back(to.append(std::move(batch)));
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
      threads.emplace_back([&, i] { append_share(to, how, i * share, (i + 1) * share, calls); });
    }
    for (auto& each : threads) each.join();
  });
  return static_cast<double>(share * how.threads) / took;
}

}  // namespace millrace::bench
