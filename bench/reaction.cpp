// How long from an event to what it leads to?
//
// Workload: an event is appended, a topic (100 instances) answers it with another one, and a query
// (100 instances) folds that: from the moment the append was due until the query's checkpoint is
// written. An open loop: events are due at a fixed rate, whatever became of those before, and one
// that is sent late is late already (no coordinated omission). 1,000 and 5,000 a second, and then
// twice as many until less than nine tenths of what is offered comes out in time. What is refused
// because too much waits is offered again, and is late.
// Baseline: two bare commits, one after the other, with SQLite's own limit of the WAL. They are
// never late, since each begins when the one before is done: what a pair costs when the machine
// stands still is one sample of thousands. So a row without a goal has them in the same open loop:
// what is due goes into a pair of commits together. The hops are told apart by a watcher of the
// commits, which is told when they are flushed.
//
//   bench_reaction [--full] [RATE...]    2 seconds of each rate; 20; or these rates alone, without
//                                        the way up to saturation
#include <fmt/format.h>
#include <sys/prctl.h>

#include <atomic>
#include <thread>
#include <unordered_map>

#include "bare/reaction.hpp"
#include "engine/engine.hpp"
#include "harness/basics.hpp"
#include "harness/report.hpp"
#include "messages.pb.h"
#include "store/sqlite_store.hpp"

namespace {

using namespace millrace;
using namespace millrace::bench;
using moment = std::chrono::steady_clock::time_point;

struct answering {
  static constexpr std::string_view name = "Answering";
  using observes = events<Asked>;
  static millrace::route route(const Asked& e) { return starts(e.who()); }
  void when(const Asked& e, reactions& then) const {
    auto& made = then.emit<Answered>();
    made.set_who(e.who());
    made.set_number(e.number());
  }
};
struct answers {
  static constexpr std::string_view name = "Answers";
  using observes = events<Answered>;
  static millrace::route route(const Answered& e) { return starts(e.who()); }
  void given(const Answered&) { state.set_count(state.count() + 1); }
  Moves state;
};

/// When each event was due, and what became of it.
struct course {
  moment due, asked, answered, folded;
};

/// Notes what commits bring, one at a time; others read it when all is done.
class courses {
 public:
  courses(const store& stored, std::vector<course>& all) : stored_(stored), all_(all) {}

  void note(const commit_batch& batch) {
    const auto now = std::chrono::steady_clock::now();
    for (const auto& each : batch.events) note(each, now);
    for (const auto& each : batch.checkpoints) {
      const auto& key = key_of(each.flow);
      if (key.type() == "Answers") fold(std::string{key.id()}, each.checkpoint.position(), now);
    }
  }
  [[nodiscard]] std::size_t folded() const { return folded_; }

 private:
  const flow_key& key_of(flow_number flow) {
    auto& known = keys_[flow];
    if (!known) {
      const auto found = got(stored_.find_flow(flow));
      need(found.has_value(), "a flow is missing");
      known = found->entry.key;
    }
    return *known;
  }
  void note(const event_row& row, moment now) {
    const auto size = static_cast<int>(row.payload.size());
    if (row.type == "Asked") {
      asked_.ParseFromArray(row.payload.data(), size);
      all_[asked_.number()].asked = now;
    } else if (row.type == "Answered") {
      answered_.ParseFromArray(row.payload.data(), size);
      all_[answered_.number()].answered = now;
      waiting_[answered_.who()].emplace_back(row.at.value, answered_.number());
    }
  }
  void fold(const std::string& who, std::uint64_t through, moment now) {
    auto& waiting = waiting_[who];
    std::size_t done = 0;
    while (done < waiting.size() && waiting[done].first <= through) {
      all_[waiting[done++].second].folded = now;
    }
    waiting.erase(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(done));
    folded_ += done;
  }

  const store& stored_;
  std::vector<course>& all_;
  std::unordered_map<flow_number, std::optional<flow_key>> keys_;
  std::unordered_map<std::string, std::vector<std::pair<std::uint64_t, std::uint64_t>>> waiting_;
  std::atomic<std::size_t> folded_{0};
  Asked asked_;
  Answered answered_;
};

new_event asked_at(std::uint64_t number) {
  Asked made;
  made.set_who(std::to_string(number % 100));
  made.set_number(number);
  made.set_text("how long does it take from here to there, and back again?");
  return new_event::of(made);
}

struct measured {
  percentiles all;                      ///< microseconds, from due to folded
  percentiles asked, answered, folded;  ///< of each hop
  double rate = 0;                      ///< folded a second, until the last one was
};

double micros(moment from, moment to) {
  return std::chrono::duration<double, std::micro>(to - from).count();
}

/// Sends `count` events at `rate` a second and waits until all of them are folded.
measured offer(double rate, std::size_t count) {
  const temporary_directory place;
  const auto disk = got(open_sqlite_store(place.path(), open_mode::own));
  std::vector<course> all(count + 100);  // the last hundred warm up: every flow is there then
  courses watched{*disk, all};
  const interest_table interest{{std::make_shared<const flow_type>(describe<answering>()),
                                 std::make_shared<const flow_type>(describe<answers>())}};
  type_registry types;
  for (const auto& each : interest.types()) got(types.add(*each));
  const system_clock clock;
  const auto running = got(engine::open(
      {.stored = *disk, .types = types, .interest = interest, .time = clock, .before_commit = {}}));
  const auto watching = running->watch_commits(
      [&](const commit_batch& written, const commit_times& /*took*/) { watched.note(written); });
  // Over what it can take it says so at once; then the event is late, which counts.
  const auto is_taken = [&](std::uint64_t number) {
    auto made = asked_at(number);
    got(types.check(made, true));
    append_request request;
    request.size = size_of(made);
    request.events.push_back(std::move(made));
    bool refused = false;
    request.done = [&refused](const result<std::vector<position>>& outcome) {
      if (outcome) return;  // later, on another thread
      need(outcome.error().code == errc::overloaded, "an append failed");
      refused = true;
    };
    running->append(std::move(request));
    return !refused;
  };
  const auto send = [&](std::uint64_t number) {
    while (!is_taken(number)) std::this_thread::sleep_for(std::chrono::milliseconds{1});
  };
  const auto wait_for = [&](std::size_t folded) {
    while (watched.folded() < folded) std::this_thread::sleep_for(std::chrono::milliseconds{1});
  };
  for (std::size_t i = count; i < count + 100; ++i) send(i);
  wait_for(100);
  const auto begun = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < count; ++i) {
    all[i].due = begun + std::chrono::nanoseconds{
                             static_cast<std::int64_t>(static_cast<double>(i) * 1e9 / rate)};
    std::this_thread::sleep_until(all[i].due);
    send(i);
  }
  wait_for(count + 100);
  running->stop();
  got(disk->close());
  all.resize(count);
  std::vector<double> total, asked, answered, folded;
  moment last = begun;
  for (const auto& each : all) {
    total.push_back(micros(each.due, each.folded));
    asked.push_back(micros(each.due, each.asked));
    answered.push_back(micros(each.asked, each.answered));
    folded.push_back(micros(each.answered, each.folded));
    last = std::max(last, each.folded);
  }
  return {percentiles_of(total), percentiles_of(asked), percentiles_of(answered),
          percentiles_of(folded), static_cast<double>(count) / (1e-6 * micros(begun, last))};
}

std::string text(const percentiles& of) {
  return fmt::format("p50 {:.0f}, p90 {:.0f}, p99 {:.0f}, p99.9 {:.0f}, max {:.0f}", of.p50, of.p90,
                     of.p99, of.p999, of.max);
}

void tell(report& to, double rate, const measured& made) {
  to.say(fmt::format("{:.0f} a second, us: {}; came out at {:.0f}/s", rate, text(made.all),
                     made.rate));
  to.say(
      fmt::format("  hops, p50/p99: append {:.0f}/{:.0f}, topic {:.0f}/{:.0f}, query {:.0f}/{:.0f}",
                  made.asked.p50, made.asked.p99, made.answered.p50, made.answered.p99,
                  made.folded.p50, made.folded.p99));
  to.plot("latency", "p50", rate, made.all.p50);
  to.plot("latency", "p90", rate, made.all.p90);
  to.plot("latency", "p99", rate, made.all.p99);
  to.plot("latency", "p99.9", rate, made.all.p999);
}

}  // namespace

int main(int argc, char** argv) {
  ::prctl(PR_SET_TIMERSLACK, 1);  // sleep as long as was said
  report to{"reaction", argc, argv};
  const double seconds = to.asked().full ? 20 : 2;
  const auto count_at = [&](double rate) { return static_cast<std::size_t>(rate * seconds); };
  const int rounds = to.asked().rounds_or(3, 5);
  std::vector<double> rates{1000, 5000};
  if (!to.asked().rest.empty()) rates.clear();
  for (const auto& word : to.asked().rest) {
    need(!word.empty() && word.size() < 8 && word.find_first_not_of("0123456789") == word.npos &&
             std::stoul(word) > 0,
         word + " is no rate");
    rates.push_back(static_cast<double>(std::stoul(word)));
  }
  for (const double rate : rates) {
    row p50{fmt::format("reaction at {:.0f} a second, p50", rate), "us", {}, {}, {}, {}};
    row p99{fmt::format("reaction at {:.0f} a second, p99", rate),
            "us",
            {},
            {},
            std::pair{wanted::at_most, 3},
            "bare: two commits, one pair after the other"};
    row by_hand{fmt::format("reaction at {:.0f} a second, p99, against an open loop by hand", rate),
                "us",
                {},
                {},
                {},
                "no goal; bare: what is due in two commits"};
    measured last;
    alternate(
        rounds,
        [&] {
          last = offer(rate, count_at(rate));
          p50.ours.push_back(last.all.p50);
          p99.ours.push_back(last.all.p99);
          by_hand.ours.push_back(last.all.p99);
        },
        [&] {
          const auto bare = percentiles_of(bare::pairs_of_commits(to.asked().full ? 20'000 : 2000));
          p50.bare.push_back(bare.p50);
          p99.bare.push_back(bare.p99);
          settle_disk();
          by_hand.bare.push_back(
              percentiles_of(bare::pairs_of_what_is_due(rate, count_at(rate))).p99);
        });
    tell(to, rate, last);
    to.add(std::move(p50));
    to.add(std::move(p99));
    to.add(std::move(by_hand));
  }
  if (!to.asked().rest.empty()) return 0;
  double best = 0;
  for (double rate = 10'000; rate < 1e6; rate *= 2) {
    settle_disk();
    const auto made = offer(rate, count_at(rate));
    tell(to, rate, made);
    best = std::max(best, made.rate);
    if (made.rate < 0.9 * rate) break;
  }
  to.add({.question = "reactions a second, saturated",
          .unit = "1/s",
          .ours = {best},
          .bare = {},
          .goal = {},
          .note = "the most that came out, however late"});
}
