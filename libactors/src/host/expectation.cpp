#include "host/expectation.hpp"

#include <algorithm>
#include <atomic>
#include <list>
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

/// What the threads of one pass share. Each gathers a part of the timeline of its own, from which
/// one that has nothing left takes the later half: so runs of a flow follow each other.
class gathering {
 public:
  gathering(const store& from, const routing_plan& plan, std::size_t threads,
            const rebuild_limits& may_use, std::uint64_t first)
      : from_(from),
        plan_(plan),
        piece_(std::max(piece_min, plan.end().value / (threads * pieces_per_thread) + 1)),
        may_use_(may_use),
        covers_{first, UINT64_MAX} {}

  void work(const gathering_teller& tell) {
    while (part* mine = take()) {
      for (auto some = piece_of(*mine); some.since < some.until; some = piece_of(*mine)) {
        if (auto wanted = may_use_.may_go_on(); !wanted) return fail(wanted.error());
        if (auto done = read(*mine, some); !done) return fail(done.error());
        if (tell) tell(progress());
      }
      finish(*mine);
    }
  }
  [[nodiscard]] const std::optional<error>& failure() const { return failure_; }
  [[nodiscard]] hash_range covers() const { return covers_; }
  /// In order of what they gathered.
  std::vector<std::unique_ptr<inbox_builder>> take_builders() {
    std::vector<std::unique_ptr<inbox_builder>> all;
    for (auto& each : parts_) {
      keep_to(each);
      all.push_back(std::move(each.builder));
    }
    return all;
  }

 private:
  struct part {
    routed_range left;  // to be read
    std::unique_ptr<inbox_builder> builder;
    std::size_t held = 0;
    bool finished = false;
    [[nodiscard]] std::uint64_t size() const { return left.until.value - left.since.value; }
  };

  /// Null: nothing is left that is worth a builder.
  part* take() {
    const std::lock_guard lock{mutex_};
    if (stop_) return nullptr;
    auto place = parts_.begin();
    routed_range mine{{}, plan_.end()};
    if (!parts_.empty()) {
      place = std::max_element(parts_.begin(), parts_.end(),
                               [](const auto& a, const auto& b) { return a.size() < b.size(); });
      if (place->size() < 2 * piece_) return nullptr;
      mine = {{place->left.since.value + place->size() / 2}, place->left.until};
      place->left.until = mine.since;
      ++place;
    }
    return &*parts_.insert(place, {mine, std::make_unique<inbox_builder>(plan_, covers_)});
  }

  routed_range piece_of(part& mine) {
    const std::lock_guard lock{mutex_};
    const auto since = mine.left.since;
    mine.left.since.value += stop_ ? 0 : std::min(piece_, mine.size());
    return {since, mine.left.since};
  }

  result<void> read(part& mine, routed_range some) {
    std::uint64_t rows = 0;
    auto& into = *mine.builder;
    auto read = from_.scan(some.since, some.until, [&](const event_row& row) {
      into.add(row);
      if (++rows % look_interval == 0) look(mine);
      return !stop_;
    });
    into.settle();
    look(mine);
    done_ += some.until.value - some.since.value;
    return read;
  }

  void finish(part& mine) {
    const std::lock_guard lock{mutex_};
    mine.finished = true;
    keep_to(mine);
  }

  /// Too much for the memory: the upper half of the hashes is left to another pass. Not before
  /// everybody has left what was too much before.
  void look(part& mine) {
    const std::lock_guard lock{mutex_};
    keep_to(mine);
    const bool may_halve =
        held() > may_use_.memory && covers_.last > covers_.first &&
        std::all_of(parts_.begin(), parts_.end(), [&](const part& each) { return keeps_to(each); });
    if (!may_halve) return;
    covers_.last = covers_.first + (covers_.last - covers_.first) / 2;
    for (auto& each : parts_) {
      if (each.finished || &each == &mine) keep_to(each);
    }
  }
  [[nodiscard]] bool keeps_to(const part& one) const {
    return one.builder->covers_until() == covers_.last;
  }
  void keep_to(part& one) const {
    if (!keeps_to(one)) one.builder->narrow(covers_);
    one.held = one.builder->bytes_held();
  }
  [[nodiscard]] std::size_t held() const {
    std::size_t sum = 0;
    for (const auto& each : parts_) sum += each.held;
    return sum;
  }
  gathered_part progress() {
    const std::lock_guard lock{mutex_};
    return {.read = static_cast<double>(done_) / static_cast<double>(plan_.end().value),
            .covers = covers_,
            .full = static_cast<double>(held()) / static_cast<double>(may_use_.memory)};
  }
  void fail(const error& why) {
    const std::lock_guard lock{mutex_};
    if (!failure_) failure_ = why;
    stop_ = true;
  }

  const store& from_;
  const routing_plan& plan_;
  const std::uint64_t piece_;
  const rebuild_limits& may_use_;
  std::atomic<std::uint64_t> done_{0};
  std::atomic<bool> stop_{false};

  // Of all below; a builder is used by its part's thread alone until that has finished.
  std::mutex mutex_;
  hash_range covers_;
  std::list<part> parts_;  // in order of what they gather
  std::optional<error> failure_;
};

/// Null: nothing of what it gathered reaches the flow.
const gathered_flow* of(const inbox_builder& one, const gathered_flow& flow) {
  return one.flows().find(flow.key(), flow.hash(), flow.scope().build);
}

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
  const auto threads = threads_of(may_use);
  gathering all{from, plan, threads, may_use, first};
  on_threads(threads, [&](std::size_t i) { all.work(i == 0 ? tell : gathering_teller{}); });
  if (all.failure()) return *all.failure();
  expectation made;
  made.covers_ = all.covers();
  made.builders_ = all.take_builders();
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
  for (const auto& each : builders_) sum += each->flows().all().size();
  return sum;
}

/// Numbers go through the builders one after the other; the first one that has a flow has its
/// number.
const gathered_flow* expectation::flow_at(std::size_t number) const {
  std::size_t builder = 0;
  while (number >= builders_[builder]->flows().all().size()) {
    number -= builders_[builder]->flows().all().size();
    ++builder;
  }
  const auto& found = builders_[builder]->flows().all()[number];
  for (std::size_t before = 0; before < builder; ++before) {
    if (of(*builders_[before], found) != nullptr) return nullptr;
  }
  return &found;
}

merged_inbox expectation::inbox(const gathered_flow& flow) const {
  std::vector<const posting_run*> runs;
  for (const auto& each : builders_) {
    if (const auto* found = of(*each, flow)) runs.push_back(&found->run());
  }
  return merge(runs, {.from = {}, .born_before = false, .skipped = flow.scope().skipped});
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
