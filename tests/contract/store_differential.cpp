// The same random batches into every store: all that can be read is equal. The memory store is the
// one that is obviously right.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>
#include <random>
#include <set>

#include "contract/store_subject.hpp"

namespace millrace::contract {

namespace {

// Makes valid batches: knows the tail, the flows and the schedule, and nothing of stores.
class batch_maker {
 public:
  explicit batch_maker(std::uint64_t seed) : random_(seed) {}

  commit_batch next() {
    texts_.clear();
    commit_batch batch;
    if (chance(80)) add_events(batch);
    if (chance(40)) add_flows(batch);
    if (chance(60)) add_postings(batch);
    if (chance(20)) add_rewrites(batch);
    if (chance(70)) add_checkpoints(batch);
    if (chance(40)) add_schedule(batch);
    if (chance(30)) add_effects(batch);
    if (chance(20)) add_types(batch);
    return batch;
  }

 private:
  std::uint64_t below(std::uint64_t end) { return random_() % end; }
  bool chance(std::uint64_t percent) { return below(100) < percent; }
  std::string bytes(std::size_t size_max) {
    std::string made(below(size_max + 1), ' ');
    for (char& one : made) one = static_cast<char>('a' + below(26));
    if (chance(5)) made += '\0';
    return made;
  }
  std::string_view keep(std::string text) {
    return *texts_.insert(texts_.end(), std::make_unique<std::string>(std::move(text)))->get();
  }

  void add_events(commit_batch& batch) {
    for (std::uint64_t left = 1 + below(40); left > 0; --left) {
      tail_ += chance(10) ? below(5) : 0;  // an import leaves holes
      const auto time = at_second(static_cast<std::int64_t>(tail_ * 40));
      batch.events.push_back({{tail_},
                              keep(fmt::format("Type{}", below(30))),
                              time,
                              keep(bytes(60)),
                              keep(chance(50) ? bytes(20) : "")});
      if (chance(30)) batch.ids.push_back({bytes(10), {tail_}, time});
      ++tail_;
    }
  }

  void add_flows(commit_batch& batch) {
    for (std::uint64_t left = below(6); left > 0; --left) {
      const auto number = static_cast<std::uint32_t>(latest_.size());
      const char* types[] = {"A", "A1", "B", "\xc3\xa9"};
      std::string key = types[below(4)];
      if (number >= 4 || chance(50)) key += fmt::format("|{}{}", bytes(3), number);
      if (!keys_.insert(key).second) continue;
      batch.flows.push_back(flow_of(number, key, below(tail_ + 1)));
      latest_.push_back(-1);
    }
  }

  void add_postings(commit_batch& batch) {
    for (std::size_t flow = 0; flow < latest_.size(); ++flow) {
      if (!chance(30)) continue;
      posting_writes::of_flow write{static_cast<flow_number>(flow), {}};
      // The first flows get enough to fill blocks.
      const std::uint64_t count = flow < 3 ? below(800) : below(4);
      for (std::uint64_t left = count; left > 0; --left) {
        latest_[flow] += static_cast<std::int64_t>(1 + below(chance(5) ? 100'000 : 3));
        write.postings.push_back({{static_cast<std::uint64_t>(latest_[flow])}, chance(30)});
      }
      batch.postings.push_back(std::move(write));
    }
  }

  // Instead of postings, so that the order of the two does not matter here.
  void add_rewrites(commit_batch& batch) {
    batch.postings.clear();
    for (std::size_t flow = 0; flow < latest_.size(); ++flow) {
      posting_run fresh;
      std::int64_t latest = -1;
      for (std::uint64_t left = chance(20) ? 0 : below(600); left > 0; --left) {
        latest += static_cast<std::int64_t>(1 + below(chance(5) ? 100'000 : 3));
        fresh.append({{static_cast<std::uint64_t>(latest)}, chance(30)});
      }
      latest_[flow] = latest;
      auto entry = flow_of(static_cast<std::uint32_t>(flow), "", below(tail_ + 1));
      batch.rewritten.push_back({std::move(entry), std::move(fresh)});
    }
    batch.rewritten_effects.push_back({0, {{{below(tail_ + 1) % effect_span_causes}, {7}}}});
  }

  void add_checkpoints(commit_batch& batch) {
    for (std::size_t flow = 0; flow < latest_.size(); ++flow) {
      if (!chance(60)) continue;
      v1::Checkpoint checkpoint;
      const auto latest = static_cast<std::uint64_t>(latest_[flow] + 1);
      if (chance(90)) checkpoint.set_position(chance(60) ? latest : below(latest + 1));
      if (chance(15)) {
        checkpoint.set_error_position(below(latest + 1));
        checkpoint.set_error_message(bytes(30));
      }
      checkpoint.set_done(chance(10));
      checkpoint.set_generation(below(1000));
      std::optional<std::string> state;
      if (chance(50)) state = bytes(50);
      batch.checkpoints.push_back({static_cast<flow_number>(flow), checkpoint, std::move(state)});
    }
  }

  void add_schedule(commit_batch& batch) {
    for (const event_row& event : batch.events) {
      if (!chance(30)) continue;
      schedule_entry entry{
          event.at, at_second(static_cast<std::int64_t>(below(50))), "Due", "", {}};
      if (chance(50) && !keys_.empty()) entry.flow = *keys_.begin();
      if (chance(50)) entry.set_by = position{below(tail_)};
      batch.scheduled.push_back(entry);
      scheduled_.push_back(event.at);
    }
    for (std::uint64_t left = below(8); left > 0 && !scheduled_.empty(); --left) {
      batch.unscheduled.push_back(scheduled_[below(scheduled_.size())]);
    }
  }

  void add_effects(commit_batch& batch) {
    for (std::uint64_t left = below(200); left > 0; --left) {
      batch.effects.push_back({{below(tail_ + 1)}, {below(tail_ + 1)}});
    }
    std::sort(batch.effects.begin(), batch.effects.end());
    batch.routed = position{tail_};
  }

  void add_types(commit_batch& batch) {
    v1::FlowType type;
    type.set_name(fmt::format("T{}", below(5)));
    type.set_routed(below(tail_ + 1));
    batch.flow_types.push_back(type);
  }

  std::mt19937_64 random_;
  std::uint64_t tail_ = 0;
  std::vector<std::int64_t> latest_;  // by number; -1: none
  std::set<std::string> keys_;
  std::vector<position> scheduled_;
  std::vector<std::unique_ptr<std::string>> texts_;  // what the rows of the batch view
};

}  // namespace

TEST_CASE("every store reads the same after the same random batches") {
  const store_kind kind =
      GENERATE(store_kind::sqlite, store_kind::sqlite_reopened, store_kind::sqlite_killed,
               store_kind::sqlite_beside, store_kind::sqlite_unlogged);
  const std::uint64_t seed = GENERATE(1u, 2u, 3u);
  INFO(to_string(kind) << ", seed " << seed);
  const auto expected = make_store(store_kind::memory);
  const auto subject = make_store(kind);
  batch_maker maker{seed};
  std::mt19937_64 random{seed};
  for (int round = 0; round < 60; ++round) {
    INFO("round " << round);
    const commit_batch batch = maker.next();
    expected->commit(batch);
    subject->commit(batch);
    if (random() % 3 == 0) REQUIRE(subject->writing().maintain());
    if (round % 15 != 14) continue;
    REQUIRE(everything(subject->reading()) == everything(expected->reading()));
    const auto findings = subject->reading().check();
    REQUIRE(findings);
    REQUIRE(*findings == std::vector<std::string>{});
  }
}

}  // namespace millrace::contract
