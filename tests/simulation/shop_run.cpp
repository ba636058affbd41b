#include "shop_run.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <stdexcept>

#include "host/host_parts.hpp"
#include "oracle.hpp"
#include "store/memory_store.hpp"
#include "test_flows.hpp"

namespace millrace::simulation {
namespace {

using namespace std::chrono_literals;

host_test_options options_of(std::uint64_t seed) {
  const bool in_order = seed % 8 == 0;
  const bool roomy = seed % 4 == 1;
  return {.seed = in_order ? 0 : seed, .room = roomy ? 0 : 1 + seed % 23, .host = {}};
}

template <class T, std::size_t N>
T one_of(scans::dice& dice, const std::array<T, N>& choices) {
  return choices[dice.below(N)];
}

memory_store& store_of(host_test& test) {
  return dynamic_cast<memory_store&>(*test.running().inside().stored);
}

}  // namespace

shop_run::shop_run(std::uint64_t seed, bool tells)
    : tells_(tells),
      dice_(seed),
      bugs_(seed + 1),
      program_(seed + 4, bugs_),
      test_(options_of(seed)),
      twin_(seed),
      client_(seed + 2) {
  program_.install(test_);
  bugs_.arm(one_of(dice_, std::array<std::uint64_t, 4>{0, 0, 60, 400}));
  image_ledger::route_bugs = faults{seed + 3};
  image_ledger::route_bugs.arm(one_of(dice_, std::array<std::uint64_t, 3>{0, 0, 100}));
  test_.on_commit([this](std::uint64_t commit) { return !dies_at_ || commit < *dies_at_; });
  twin_.commit({.flow_types = *store_of(test_).flow_types()});  // all that it says at its start
  store_of(test_).before_commit([this](const commit_batch& batch) -> result<void> {
    if (commits_refused_ > 0) {
      --commits_refused_;
      return error{errc::storage_full, "no space is left in the simulation"};
    }
    twin_.commit(batch);
    return {};
  });
}

shop_run::~shop_run() {
  subscription_ = {};
  image_ledger::route_bugs.disarm();
}

void shop_run::play() {
  subscribe();
  for (auto left = dice_.between(50, 400); left > 0; --left) {
    act();
    client_.collect(false);
    if (test_.crashed()) revive();
  }
  settle();
  restart_quietly();
}

void shop_run::act() {
  switch (dice_.below(52)) {
    case 0: return arm_a_crash();
    case 1: return revive();
    case 2: return stop_and_start();
    case 3: return fill_the_disk();
    case 4:
    case 5: return repair_some(false);
    case 6:
    case 7:
    case 8: return read_one();
    case 9:
    case 10: return append_on_condition();
    case 11: return client_.repeat(test_, 1 + dice_.below(5));
    case 12:
    case 13:
    case 14:
    case 15:
    case 16: return advance(1ms * dice_.between(1, 5000));
    case 17:
    case 18: return advance(1s * dice_.between(1, 2400));
    case 19:
    case 20: return client_.resend(test_);
    case 21:
    case 22: return test_.run();
    case 23:
    case 24:
    case 25: return reset_one();
    case 26: return skip_one();
    case 27: return reset_type();
    case 28: return rebuild_all();
    case 29: return switch_some();
    default: return dice_.one_in(3) ? step_some() : append_some();
  }
}

void shop_run::append_some() {
  const auto count = one_of(dice_, std::array<std::size_t, 4>{1, 2, 10, 60});
  say("append", std::to_string(count));
  client_.send(test_, count);
  if (dice_.one_in(2)) step_some();
}

void shop_run::append_on_condition() {
  append_condition condition;
  if (dice_.one_in(2)) {
    condition.tail = test_.running().tail();
  } else {
    const flow_key scanner{"SmartScanner"};
    condition.flow_latest = {scanner, std::nullopt};
    for (const auto& flow : flows()) {
      if (flow.key == scanner) condition.flow_latest->at = flow.latest;
    }
  }
  if (test_.crashed()) return;
  say("append on condition", condition.tail ? "tail" : "SmartScanner");
  if (dice_.one_in(2)) client_.send(test_, 1);
  client_.send(test_, 2, std::move(condition));
}

void shop_run::step_some() {
  auto steps = dice_.between(1, 200);
  say("step", std::to_string(steps));
  while (steps-- > 0 && test_.step()) {
  }
}

void shop_run::advance(duration by) {
  by = std::min(by, time_left_);
  time_left_ -= by;
  say("advance", fmt::format("{} ms", by / 1ms));
  client_.resend(test_);
  test_.advance(by);
}

void shop_run::arm_a_crash() {
  dies_at_ = test_.commits() + dice_.below(12);
  say("arm a crash", fmt::format("before commit {}", *dies_at_));
}

/// Ends what is left of the process and starts it anew, which may die again while it starts.
void shop_run::revive() {
  for (int deaths = 0; deaths == 0 || test_.crashed(); ++deaths) {
    say("crash", fmt::format("after {} commits", test_.commits()));
    subscription_ = {};
    subscribed_to_.reset();
    test_.crash();
    twin_.kill();
    client_.collect(true);
    dies_at_.reset();
    if (deaths < 3 && dice_.one_in(3)) dies_at_ = test_.commits() + dice_.below(4);
    start();
  }
  subscribe();
}

/// The program that comes may be another one, and may not have run yet.
void shop_run::start() {
  frozen_.clear();
  const position tail{test_.timeline().size()};
  if (program_changes_ && dice_.one_in(2) && program_.change(tail)) {
    std::string versions;
    for (const auto& type : program_.hosted()) {
      versions += fmt::format(" {} {}", type.name, type.version);
    }
    say("program", fmt::format("from {} on:{}", tail.value, versions));
    commits_refused_ = 0;  // it says so in the store at once
    program_.install(test_);
  }
  if (dice_.one_in(2)) return test_.restart();
  say("start", "nothing has run yet");
  test_.restart_paused();
}

void shop_run::stop_and_start() {
  say("stop", {});
  subscription_ = {};
  subscribed_to_.reset();
  test_.stop();
  twin_.close();
  client_.collect(true);
  dies_at_.reset();
  start();
  subscribe();
}

void shop_run::fill_the_disk() {
  commits_refused_ = 1 + dice_.below(4);
  disk_troubled_ = true;
  say("full disk", fmt::format("for {} commits", commits_refused_));
}

/// None when it cannot be said now: the process died, or the disk is full.
std::vector<flow_summary> shop_run::flows() {
  try {
    return test_.flows();
  } catch (const std::runtime_error&) {
    if (!test_.crashed() && !disk_troubled_) throw;
    return {};
  }
}

/// Equal tags mean equal bytes, and a reading is the fold of the timeline as far as it says.
void shop_run::read_one() {
  const auto all = flows();
  if (all.empty()) return;
  const auto& key = all[dice_.below(all.size())].key;
  const auto seen = test_.running().read(key);
  if (!seen || test_.crashed()) return;
  const auto tag = fmt::format("{} {} {}", key.text(), seen->changed ? seen->changed->value : 0,
                               seen->generation);
  const auto known = bytes_by_etag_.emplace(tag, seen->state).first;
  expect(known->second == seen->state, "another state under the tag " + tag);
  if (seen->frozen) frozen_.insert_or_assign(key.text(), seen->scanned);
  if (const auto before = frozen_.find(key.text()); before != frozen_.end()) {
    const bool was_reset = seen->generation % 65'536 != 0;
    expect(seen->scanned >= before->second || was_reset, key.text() + " goes back when it thaws");
  }
  if (!seen->scanned || !dice_.one_in(4)) return;
  say("read", fmt::format("{} to {}", key.text(), seen->scanned->value));
  image_ledger::route_bugs.pause(true);
  const auto folded = scans::expected(recorded(test_, seen->scanned->next()),
                                      program_.with(key.type(), seen->version),
                                      skipped_as_served(test_), program_.since());
  image_ledger::route_bugs.pause(false);
  const auto wanted = folded.states.find(key.text());
  expect(wanted != folded.states.end() && wanted->second == seen->state,
         fmt::format("{} of version {} is not the fold of all before {}", key.text(), seen->version,
                     seen->scanned->value + 1));
}

void shop_run::subscribe() {
  const auto from = position{dice_.below(test_.running().tail().value + 1)};
  subscribed_to_ = from;
  subscription_ = test_.running().subscribe(
      {.from = from, .types = {}}, [this](delivery what, const event* seen) {
        if (what != delivery::event) return;
        expect(seen->at == *subscribed_to_, fmt::format("a subscriber gets {} instead of {}",
                                                        seen->at.value, subscribed_to_->value));
        subscribed_to_ = seen->at.next();
      });
}

/// No more trouble: everything is acknowledged and handled.
void shop_run::settle() {
  say("settle", {});
  bugs_.disarm();
  image_ledger::route_bugs.disarm();
  dies_at_.reset();
  commits_refused_ = 0;
  test_.advance(1s);  // held work goes on now that there is room
  disk_troubled_ = false;
  for (int rounds = 0; rounds < 20; ++rounds) {
    test_.advance(1s);
    client_.collect(false);
    repair_some(true);
    switch_all();
    client_.resend(test_);
    test_.run();
  }
  client_.collect(true);
  expect(!client_.has_unacknowledged(), "an append is never acknowledged");
  expect(test_.running().wait_until_caught_up(0s).has_value(), "it never catches up");
  expect(subscribed_to_ == test_.running().tail(), "a subscriber has not seen everything");
}

std::vector<std::string> shop_run::differences_on_disk() {
  return twin_.differences_from(store_of(test_));
}

/// Another process finds nothing to do.
void shop_run::restart_quietly() {
  const bool orderly = dice_.one_in(2);
  program_changes_ = false;
  orderly ? stop_and_start() : revive();
  dies_at_.reset();
  if (test_.crashed()) revive();
  const auto tail = test_.running().tail();
  test_.run();
  const auto did = test_.running().counters();
  expect(did.handled == 0, fmt::format("a restart handles {} events again", did.handled));
  expect(test_.running().tail() == tail, "a restart appends");
  if (!orderly) return;
  expect(did.delivered == 0 && did.routed == 0, "a restart after a stop routes again");
}

void shop_run::expect(bool holds, const std::string& otherwise) {
  if (!holds) findings_.push_back(otherwise);
}

void shop_run::say(const std::string& what, const std::string& detail) {
  ++counts_[what];
  if (tells_) fmt::print(stderr, "{} {}\n", what, detail);
}

}  // namespace millrace::simulation
