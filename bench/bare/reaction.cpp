#include "bare/reaction.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <thread>

#include "bare/timeline.hpp"
#include "harness/basics.hpp"

namespace millrace::bench::bare {
namespace {

class reacting {
 public:
  reacting() {
    timeline_.inside().run("CREATE TABLE states(number INTEGER PRIMARY KEY, state BLOB)");
    save_.emplace(timeline_.inside(), "INSERT OR REPLACE INTO states VALUES(?, ?)");
  }
  /// So many events in one commit, and what they lead to in another one.
  void pair(std::size_t events) {
    timeline_.begin();
    for (std::size_t i = 0; i < events; ++i) timeline_.insert(next_++, text_, {});
    timeline_.commit();
    timeline_.begin();
    for (std::size_t i = 0; i < events; ++i) {
      timeline_.insert(next_++, text_, {});
      save_->bind(1, saved_++ % 100).bind(2, text_).run();
    }
    timeline_.commit();
  }

 private:
  temporary_directory place_;
  timeline timeline_{place_.path() / "bare.db"};
  std::optional<statement> save_;
  std::uint64_t next_ = 0;
  std::int64_t saved_ = 0;
  const std::string text_ = std::string(60, 'x');
};

}  // namespace

std::vector<double> pairs_of_commits(std::size_t count) {
  reacting one;
  std::vector<double> made;
  for (std::size_t i = 0; i < count; ++i) made.push_back(1e6 * seconds_of([&] { one.pair(1); }));
  return made;
}

std::vector<double> pairs_of_what_is_due(double rate, std::size_t count) {
  using clock = std::chrono::steady_clock;
  reacting one;
  for (int i = 0; i < 100; ++i) one.pair(1);  // warms up
  const auto begun = clock::now();
  const auto due = [&](std::size_t number) {
    const double nanos = static_cast<double>(number) * 1e9 / rate;
    return begun + std::chrono::nanoseconds{static_cast<std::int64_t>(nanos)};
  };
  std::vector<double> made;
  while (made.size() < count) {
    const auto first = made.size();
    std::this_thread::sleep_until(due(first));
    auto last = first + 1;
    while (last < count && due(last) <= clock::now()) ++last;
    one.pair(last - first);
    const auto done = clock::now();
    for (auto i = first; i < last; ++i) {
      made.push_back(std::chrono::duration<double, std::micro>(done - due(i)).count());
    }
  }
  return made;
}

}  // namespace millrace::bench::bare
