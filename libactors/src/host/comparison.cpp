#include "host/comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>

#include "base/limits.hpp"
#include "millrace/envelope.pb.h"

namespace millrace {
namespace {

using clock = std::chrono::steady_clock;

// Flows or spans for each thread between two reports: the memory of one round is used again in the
// next, while what the one before found is written.
constexpr std::size_t round_size = 128;

std::size_t size_of(const mend_request& request) {
  std::size_t size = 0;
  for (const auto& each : request.inboxes) size += each.postings.bytes_held();
  for (const auto& each : request.effects) size += each.effects.size() * sizeof(effect);
  return size;
}

template <class T>
void move_to(std::vector<T>& to, std::vector<T>& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  from.clear();
}

}  // namespace

result<rebuild_counts> comparison::run() {
  std::uint64_t first = 0;
  while (true) {
    const auto begun = clock::now();
    auto expected = gather(first);
    if (!expected) return expected.error();
    const auto gathered = clock::now();
    if (counts_.passes++ == 0) {
      counts_.events = expected->events();
      report_failures(*expected);
      if (auto done = compare_orphans(); !done) return done.error();
      if (auto done = compare_timers(*expected); !done) return done.error();
    }
    if (auto done = run_pass(*expected); !done) return done.error();
    estimate_.ended(expected->covers(),
                    {.gathering = gathered - begun, .comparing = clock::now() - gathered});
    if (expected->covers().last == UINT64_MAX) break;
    first = expected->covers().last + 1;
  }
  if (auto done = hand_over(true); !done) return done.error();
  // The last pass may have had nothing to compare, and so nothing to tell.
  if (with_.tell) with_.tell(with_.plan.end().value, with_.plan.end().value);
  return counts_;
}

result<expectation> comparison::gather(std::uint64_t first) {
  const auto told = [this](const gathered_part& at) {
    estimate_.gathered(at);
    tell();
  };
  return expectation::gather(with_.from, with_.plan, first, with_.may_use,
                             with_.tell ? gathering_teller{told} : gathering_teller{});
}

void comparison::tell() {
  if (!with_.tell) return;
  const auto all = with_.plan.end().value;
  with_.tell(static_cast<std::uint64_t>(estimate_.done() * static_cast<double>(all)), all);
}

void comparison::begin_comparing(std::size_t steps) {
  steps_ = steps;
  steps_done_ = 0;
}

/// A type that the store has routed further than its code gets: its inboxes cannot be told.
void comparison::report_failures(const expectation& expected) {
  for (const auto& one : expected.failures()) {
    const auto& name = with_.plan.table().types()[one.type]->name;
    if (!broken_types_.insert(name).second) continue;
    ++counts_.differences;
    ++counts_.unmended;
    with_.report("flow type " + name,
                 fmt::format("event {} is routed in the store, but routing it fails: {}",
                             one.at.value, one.message));
  }
}

result<void> comparison::run_pass(const expectation& expected) {
  if (auto read = read_directory(expected.covers()); !read) return read;
  auto stored = with_.from.effect_spans();
  if (!stored) return stored.error();
  auto spans = expected.spans();
  for (const auto span : *stored) {
    if (expected.covers().holds(hash_of_span(span))) spans.push_back(span);
  }
  std::sort(spans.begin(), spans.end());
  spans.erase(std::unique(spans.begin(), spans.end()), spans.end());
  begin_comparing(expected.flows_end() + directory_.size() + spans.size());
  auto flows = in_parallel(expected.flows_end(), [&](std::size_t number, found& into) {
    if (auto done = compare_flow(expected, number, into); !done) into.failure = done.error();
  });
  if (!flows) return flows;
  auto rest = in_parallel(directory_.size(), [&](std::size_t number, found& into) {
    if (auto done = compare_rest(directory_[number], into); !done) into.failure = done.error();
  });
  if (!rest) return rest;
  return in_parallel(spans.size(), [&](std::size_t number, found& into) {
    if (auto done = compare_span(expected, spans[number], into); !done) {
      into.failure = done.error();
    }
  });
}

result<void> comparison::read_directory(const hash_range& covers) {
  directory_.clear();
  decided_.reset();
  covers_ = covers;
  auto read = with_.from.flows({}, [&](const flow_row& row) {
    const auto hash = hash_of(row.entry.key.text());
    if (!covers.holds(hash)) return true;
    std::optional<position> checkpoint;
    if (row.checkpoint.has_position()) checkpoint = position{row.checkpoint.position()};
    directory_.push_back({hash, row.entry.build, row.entry.number, row.entry.born, checkpoint,
                          row.checkpoint.ByteSizeLong() > 0, false});
    return true;
  });
  std::sort(directory_.begin(), directory_.end(), [](const entry& a, const entry& b) {
    return std::pair{a.hash, a.build} < std::pair{b.hash, b.build};
  });
  return read;
}

/// Calls `work` for each number, and reports in between.
result<void> comparison::in_parallel(std::size_t count,
                                     const std::function<void(std::size_t, found&)>& work) {
  const auto threads = threads_of(with_.may_use);
  const auto round = threads * round_size;
  for (std::size_t begin = 0; begin < count; begin += round) {
    const auto end = std::min(count, begin + round);
    if (auto wanted = with_.may_use.may_go_on(); !wanted) return wanted;
    std::vector<found> all(threads);
    std::atomic<std::size_t> next{begin};  // some flows take as long as a thousand others
    on_threads(threads, [&](std::size_t thread) {
      for (auto i = next++; i < end && !all[thread].failure; i = next++) work(i, all[thread]);
    });
    if (auto done = settle(all); !done) return done;
    steps_done_ += end - begin;
    estimate_.compared(static_cast<double>(steps_done_) / static_cast<double>(steps_));
    tell();
  }
  return {};
}

result<void> comparison::settle(std::vector<found>& all) {
  std::vector<difference> differences;
  bool lost_topics = false;
  for (auto& each : all) {
    if (each.failure) return *each.failure;
    lost_topics = lost_topics || each.lost_topics;
    counts_.flows += each.flows;
    counts_.postings += each.postings;
    counts_.effects += each.effects;
    move_to(differences, each.differences);
    move_to(mends_.inboxes, each.mends.inboxes);
    move_to(mends_.effects, each.mends.effects);
  }
  std::sort(differences.begin(), differences.end(),
            [](const auto& a, const auto& b) { return a.subject < b.subject; });
  counts_.differences += differences.size();
  for (const auto& one : differences) with_.report(one.subject, one.what);
  if (lost_topics && with_.mend) {
    if (auto read = find_decisions(); !read) return read;
  }
  return hand_over(false);
}

/// A flow of a topic that is not in the directory has lost its checkpoint as well. What it emitted
/// says how far it had come; one look at the timeline finds that for all of a pass.
result<void> comparison::find_decisions() {
  const auto is_lost = [this](std::string_view key, std::string_view type) {
    const auto hash = hash_of(key);
    if (!covers_.holds(hash)) return false;
    const auto scopes = with_.plan.scopes_of(type);
    return std::any_of(scopes.begin(), scopes.end(), [&](const routed_scope& scope) {
      const auto at = std::pair{hash, scope.build};
      const auto place = std::lower_bound(directory_.begin(), directory_.end(), at,
                                          [](const entry& one, const auto& wanted) {
                                            return std::pair{one.hash, one.build} < wanted;
                                          });
      return scope.known &&
             (place == directory_.end() || std::pair{place->hash, place->build} != at);
    });
  };
  if (!decided_) {
    decided_.emplace();
    v1::Envelope envelope;
    auto read = with_.from.scan({}, with_.from.tail(), [&](const event_row& row) {
      const auto size = static_cast<int>(row.envelope.size());
      if (size == 0 || !envelope.ParseFromArray(row.envelope.data(), size)) return true;
      const std::string_view key = envelope.emitter();
      if (key.empty() || !envelope.has_cause()) return true;
      if (!is_lost(key, key.substr(0, key.find('|')))) return true;
      auto& last = (*decided_)[envelope.emitter()];
      last = std::max(last, position{envelope.cause()});
      return true;
    });
    if (!read) return read;
  }
  for (auto& each : mends_.inboxes) {
    const auto known = decided_->find(each.key.text());
    if (known != decided_->end()) each.decided_until = known->second;
  }
  return {};
}

/// Gives the mender what there is, in requests of a bounded size; without `all` only full ones.
result<void> comparison::hand_over(bool all) {
  if (!with_.mend) {
    mends_ = {};
    return {};
  }
  while (!mends_.empty()) {
    mend_request next;
    next.orphans = std::exchange(mends_.orphans, {});
    next.effects = std::exchange(mends_.effects, {});
    std::size_t size = size_of(next);
    while (!mends_.inboxes.empty() && size < limits::mend_size_max &&
           next.inboxes.size() < limits::mend_flows_max) {
      size += mends_.inboxes.back().postings.bytes_held();
      next.inboxes.push_back(std::move(mends_.inboxes.back()));
      mends_.inboxes.pop_back();
    }
    const bool full =
        size >= limits::mend_size_max || next.inboxes.size() >= limits::mend_flows_max;
    if (!full && !all) {
      mends_ = std::move(next);
      return {};
    }
    counts_.mended += next.inboxes.size() + next.effects.size() + next.orphans.size();
    if (auto done = with_.mend(std::move(next)); !done) return done;
  }
  return {};
}

result<void> comparison::compare_orphans() {
  auto orphans = with_.from.orphans();
  if (!orphans) return orphans.error();
  for (const auto number : *orphans) {
    ++counts_.differences;
    with_.report(fmt::format("flow number {}", static_cast<std::uint32_t>(number)),
                 "something is stored of it, but it is not in the directory");
  }
  mends_.orphans = std::move(*orphans);
  return {};
}

result<void> comparison::compare_timers(const expectation& expected) {
  const auto differs = [this](const std::string& subject, const std::string& what) {
    ++counts_.differences;
    with_.report(subject, what);
  };
  auto mends =
      compare_schedule(with_.from, with_.plan.end(), expected.timers(), differs, counts_.timers);
  if (!mends) return mends.error();
  if (!with_.mend_timers || (mends->added.empty() && mends->removed.empty())) return {};
  counts_.mended += mends->added.size() + mends->removed.size();
  return with_.mend_timers(std::move(*mends));
}

}  // namespace millrace
