#include "host/expectation.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include "base/limits.hpp"

namespace millrace {
namespace {

// Pieces of the timeline are handed out to the threads. Small enough that they end together.
constexpr std::uint64_t pieces_per_thread = 64;
constexpr std::uint64_t piece_min = 16'384;
constexpr std::uint64_t look_interval = 4096;  // rows between looks at memory and progress

/// What the threads of one pass share.
class gathering {
 public:
  gathering(const store& from, position end, std::size_t threads, const rebuild_limits& may_use,
            std::uint64_t first)
      : from_(from),
        end_(end),
        piece_(std::max(piece_min, end.value / (threads * pieces_per_thread) + 1)),
        memory_each_(std::max<std::size_t>(1, may_use.memory / threads)),
        may_use_(may_use),
        first_(first) {}

  void work(inbox_builder& into, const gathering_teller& tell) {
    while (!stop_) {
      const position begin{next_.fetch_add(piece_)};
      if (begin >= end_) return;
      if (auto wanted = may_use_.may_go_on(); !wanted) return fail(wanted.error());
      const position end{std::min(begin.value + piece_, end_.value)};
      std::uint64_t rows = 0;
      auto read = from_.scan(begin, end, [&](const event_row& row) {
        into.add(row);
        if (++rows % look_interval == 0) look(into);
        return !stop_;
      });
      if (!read) return fail(read.error());
      into.settle();
      look(into);
      done_ += end.value - begin.value;
      if (tell) {
        tell({.read = static_cast<double>(done_) / static_cast<double>(end_.value),
              .covers = covers(),
              .full = static_cast<double>(into.bytes_held()) / static_cast<double>(memory_each_)});
      }
    }
  }
  [[nodiscard]] hash_range covers() const { return {first_, last_}; }
  [[nodiscard]] const std::optional<error>& failure() const { return failure_; }

 private:
  /// Too much for the memory: the upper half of the hashes is left to another pass.
  void look(inbox_builder& into) {
    auto last = last_.load();
    if (into.bytes_held() > memory_each_ && last > first_) {
      const auto half = first_ + (last - first_) / 2;
      // Another thread may have done so meanwhile: then this one looks again later.
      if (into.covers_until() == last) last_.compare_exchange_strong(last, half);
    }
    if (into.covers_until() != last_) into.narrow({first_, last_});
  }
  void fail(const error& why) {
    const std::lock_guard lock{mutex_};
    if (!failure_) failure_ = why;
    stop_ = true;
  }

  const store& from_;
  position end_;
  std::uint64_t piece_;
  std::size_t memory_each_;
  const rebuild_limits& may_use_;
  std::uint64_t first_;
  std::atomic<std::uint64_t> last_{UINT64_MAX};
  std::atomic<std::uint64_t> next_{0};
  std::atomic<std::uint64_t> done_{0};
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::optional<error> failure_;
};

}  // namespace

void on_threads(std::size_t count, const std::function<void(std::size_t)>& work) {
  std::vector<std::thread> others;
  for (std::size_t i = 1; i < count; ++i) others.emplace_back([&work, i] { work(i); });
  work(0);
  for (auto& each : others) each.join();
}

std::size_t threads_of(const rebuild_limits& may_use) {
  if (may_use.threads > 0) return may_use.threads;
  return std::max(1u, std::thread::hardware_concurrency());
}

result<expectation> expectation::gather(const store& from, const routing_plan& plan,
                                        std::uint64_t first, const rebuild_limits& may_use,
                                        const gathering_teller& tell) {
  expectation made;
  const auto threads = threads_of(may_use);
  for (std::size_t i = 0; i < threads; ++i) {
    made.builders_.push_back(std::make_unique<inbox_builder>(plan, hash_range{first, UINT64_MAX}));
  }
  gathering all{from, plan.end(), threads, may_use, first};
  on_threads(threads, [&](std::size_t i) {
    all.work(*made.builders_[i], i == 0 ? tell : gathering_teller{});
  });
  if (all.failure()) return *all.failure();
  made.covers_ = all.covers();
  for (const auto& each : made.builders_) {
    if (each->covers_until() != made.covers_.last) each->narrow(made.covers_);
  }
  return made;
}

std::uint64_t expectation::events() const {
  std::uint64_t sum = 0;
  for (const auto& each : builders_) sum += each->events();
  return sum;
}

std::vector<inbox_builder::failure> expectation::failures() const {
  std::vector<inbox_builder::failure> all;
  for (const auto& each : builders_) {
    all.insert(all.end(), each->failures().begin(), each->failures().end());
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
  return all;
}

std::size_t expectation::flows_end() const {
  std::size_t sum = 0;
  for (const auto& each : builders_) sum += each->flows().size();
  return sum;
}

/// Numbers go through the builders one after the other; the first one that has a flow has its
/// number.
const inbox_builder::flow* expectation::flow_at(std::size_t number) const {
  std::size_t builder = 0;
  while (number >= builders_[builder]->flows().size()) {
    number -= builders_[builder]->flows().size();
    ++builder;
  }
  const auto& found = builders_[builder]->flows()[number];
  for (std::size_t before = 0; before < builder; ++before) {
    if (builders_[before]->find(found.key, found.hash, found.scope->build) != nullptr)
      return nullptr;
  }
  return &found;
}

merged_inbox expectation::inbox(const inbox_builder::flow& flow) const {
  std::vector<const posting_run*> runs;
  for (const auto& each : builders_) {
    if (const auto* found = each->find(flow.key, flow.hash, flow.scope->build)) {
      runs.push_back(&found->run);
    }
  }
  return merge(runs, {.from = {}, .born_before = false, .skipped = flow.scope->skipped});
}

std::vector<position> expectation::timers() const {
  inbox_builder::timer_changes all;
  for (const auto& each : builders_) {
    const auto& some = each->timers();
    all.set.insert(all.set.end(), some.set.begin(), some.set.end());
    all.ended.insert(all.ended.end(), some.ended.begin(), some.ended.end());
  }
  std::sort(all.set.begin(), all.set.end());
  std::sort(all.ended.begin(), all.ended.end());
  std::vector<position> left;
  std::set_difference(all.set.begin(), all.set.end(), all.ended.begin(), all.ended.end(),
                      std::back_inserter(left));
  return left;
}

std::vector<std::uint64_t> expectation::spans() const {
  std::set<std::uint64_t> all;
  for (const auto& each : builders_) {
    for (const auto& [span, pairs] : each->spans()) all.insert(span);
  }
  return {all.begin(), all.end()};
}

std::vector<effect> expectation::effects(std::uint64_t span) const {
  std::vector<std::string_view> gathered;
  for (const auto& each : builders_) {
    const auto found = each->spans().find(span);
    if (found != each->spans().end()) gathered.emplace_back(found->second);
  }
  return merge_effects(gathered, span);
}

}  // namespace millrace
