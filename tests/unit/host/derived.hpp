/// Random timelines, routed by the router into a memory store as the engine does it: what a rebuild
/// has to find again.
#pragma once

#include <algorithm>
#include <random>

#include "host/rebuild.hpp"
#include "unit/routing/routed.hpp"

namespace millrace::test {

/// A random history and the store that live routing made of it.
class routed_history {
 public:
  explicit routed_history(std::uint64_t seed) : random_(seed) {
    auto made = known_types::of(both_types().types());
    REQUIRE(made);
    known = std::move(*made);
    restart();
  }

  /// Appends and routes that many events.
  void go_on(std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) append();
    while (at_work_->needed() < stored.tail()) route_window();
    write();
  }

  void restart() {
    std::vector<v1::FlowType> types = *stored.flow_types();
    if (types.empty()) {
      for (const auto& type : known->table.types()) types.emplace_back().set_name(type->name);
    }
    at_work_.emplace(
        known->table,
        router::start{
            .types = types, .routed = *stored.routed(), .next_number = *stored.flow_count()},
        [this](std::span<const flow_name> names) { return find_flows(stored, names); });
  }

  /// Each difference as one line.
  texts compare(rebuild_limits may_use = {.threads = 2}) {
    texts lines;
    auto counts = compare_derived(
        stored, *known,
        {.may_use = may_use, .report = [&](const std::string& subject, const std::string& what) {
           lines.push_back(subject + ": " + what);
         }});
    REQUIRE(counts);
    CHECK(counts->differences == lines.size());
    last = *counts;
    return lines;
  }

  flow_row row_of(const std::string& key) {
    const auto row = *stored.find_flow(flow_key::parse(key), first_build);
    REQUIRE(row.has_value());
    return *row;
  }
  void put_inbox(const flow_entry& entry, const std::vector<posting>& postings) {
    commit_batch batch;
    batch.rewritten.push_back({entry, {}});
    for (const auto& one : postings) batch.rewritten.back().postings.append(one);
    REQUIRE(stored.commit(batch));
  }

  memory_store stored;
  std::unique_ptr<const known_types> known;
  rebuild_counts last;

 private:
  std::uint64_t below(std::uint64_t end) { return random_() % end; }
  bool chance(std::uint64_t percent) { return below(100) < percent; }
  std::string id() {
    static const texts awkward{"",    "|",     "a|b",   "7", "constructor", "\xc3\xa9",
                               "a b", "\"q\"", "x@y:z", "/", "__proto__",   "T|"};
    return chance(20) ? awkward[below(awkward.size())] : std::to_string(below(40));
  }
  std::string key() {
    static const texts types{"Gone", "Diary", "AllWords", "Gone2", "\xc3\xa9"};
    const auto& type = types[below(types.size())];
    return type == "AllWords" || chance(10) ? type : type + "|" + id();
  }

  void append() {
    v1::Envelope envelope;
    if (chance(15)) {
      envelope.mutable_routes();
      for (auto left = below(6); left > 0; --left) envelope.mutable_routes()->add_keys(key());
    }
    if (tail_ > 0 && chance(50)) {
      envelope.set_cause(chance(70) ? tail_ - 1 - below(std::min<std::uint64_t>(tail_, 9))
                                    : below(tail_));
    }
    if (chance(5)) envelope.set_due(7);
    if (chance(3)) envelope.set_from_schedule(true);
    if (chance(10)) envelope.set_user("J\xc3\xb6rg");
    if (chance(5)) {
      envelope.add_headers()->set_name("n");
      envelope.mutable_timer()->set_flow("Diary|1");
    }
    std::string type = "Unheard";
    std::string payload;
    if (chance(50)) {
      type = "Act";
      payload =
          (chance(50) ? joining(id()) : act(id(), chance(2) ? "throw" : "")).SerializeAsString();
    } else if (chance(70)) {
      type = "Word";
      payload = word(id()).SerializeAsString();
    }
    if (chance(1)) payload = "\xff\xff";
    tail_ += chance(2) ? below(5'000) : 0;  // imports leave holes
    const bool is_broken = chance(1);
    const auto encoded = is_broken ? std::string{"\xff"} : envelope.SerializeAsString();
    commit_batch batch;
    if (!is_broken && envelope.has_due()) {
      batch.scheduled.push_back({.at = {tail_}, .due = timestamp{duration{7}}, .type = type});
    }
    if (!is_broken && envelope.from_schedule() && envelope.has_cause()) {
      batch.unscheduled.push_back({envelope.cause()});
    }
    batch.events.push_back({{tail_++}, type, timestamp{}, payload, encoded});
    REQUIRE(stored.commit(batch));
  }

  void route_window() {
    const auto begin = at_work_->needed();
    const auto until = std::min(begin.value + 1 + below(900), stored.tail().value);
    window_builder built{known->registry, begin};
    REQUIRE(stored.scan(begin, {until}, [&](const event_row& row) {
      built.add(row.at, row.type, row.time, row.payload, row.envelope);
      return true;
    }));
    const auto routed = at_work_->route(*built.finish({until}));
    REQUIRE(routed);
    commit_batch directory;
    directory.flows = routed->started;
    REQUIRE(stored.commit(directory));
    for (const auto& name : routed->parked) REQUIRE(at_work_->unpark(name, true));
    if (chance(30)) write();
  }
  void write() {
    REQUIRE(stored.commit(at_work_->take_unwritten()));
    at_work_->written();
  }

  std::mt19937_64 random_;
  std::uint64_t tail_ = 0;
  std::optional<router> at_work_;
};

}  // namespace millrace::test
