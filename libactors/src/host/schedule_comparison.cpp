#include "host/schedule_comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_set>

#include "base/limits.hpp"
#include "host/adoption.hpp"
#include "wire/system_events.hpp"

namespace millrace {
namespace {

bool parse(std::string_view bytes, google::protobuf::MessageLite& into) {
  return into.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

using entries = std::map<position, schedule_entry>;

result<entries> read_schedule(const store& from) {
  entries all;
  std::optional<std::pair<timestamp, position>> after;
  while (true) {
    auto page = from.schedule(store::timers::all, after, limits::behind_read_max);
    if (!page) return page.error();
    for (auto& each : *page) {
      after = {each.due, each.at};
      all.emplace(each.at, std::move(each));
    }
    if (page->size() < limits::behind_read_max) return all;
  }
}

struct changes {
  std::vector<position> set;
  std::unordered_set<position> ended;
};

/// Every change of the schedule comes with an event.
result<changes> changes_in(const store& from, position begin, position end) {
  changes found;
  auto read = from.scan(begin, end, [&](const event_row& row) {
    v1::Envelope envelope;
    if (!parse(row.envelope, envelope)) return true;
    if (envelope.has_due()) found.set.push_back(row.at);
    if (envelope.from_schedule() && envelope.has_cause()) {
      found.ended.insert(position{envelope.cause()});
    }
    v1::TimersCancelled body;
    if (row.type == timers_cancelled_type && parse(row.payload, body)) {
      for (const auto at : body.positions()) found.ended.insert(position{at});
    }
    return true;
  });
  if (!read) return read.error();
  return found;
}

bool are_alike(const schedule_entry& stored, const schedule_entry& wanted) {
  const bool set_alike =
      stored.flow == wanted.flow && (stored.flow.empty() || stored.set_by == wanted.set_by);
  return stored.due == wanted.due && stored.type == wanted.type && set_alike;
}

std::string subject_of(position at) { return fmt::format("timer {}", at.value); }

/// The entry that an event puts on the schedule; none: it has no due time.
std::optional<schedule_entry> timer_of(const event_row& row, const v1::Envelope& envelope) {
  if (!envelope.has_due()) return std::nullopt;
  const bool by_flow = !envelope.emitter().empty() && envelope.has_cause();
  return schedule_entry{
      .at = row.at,
      .due = timestamp{duration{envelope.due()}},
      .type = std::string{row.type},
      .flow = envelope.emitter(),
      .set_by = by_flow ? std::optional{position{envelope.cause()}} : std::nullopt};
}

class comparing {
 public:
  comparing(const store& from, const finding_sink& report, entries stored)
      : from_(from), report_(report), stored_(std::move(stored)) {}

  result<timer_mends> run(const std::vector<position>& outstanding) {
    for (std::size_t begin = 0; begin < outstanding.size(); begin += limits::behind_read_max) {
      const auto size = std::min(limits::behind_read_max, outstanding.size() - begin);
      auto read = from_.fetch({outstanding.data() + begin, size}, [this](const event_row& row) {
        v1::Envelope envelope;
        if (!parse(row.envelope, envelope)) return true;
        if (auto wanted = timer_of(row, envelope)) compare(std::move(*wanted), envelope);
        return !failure_;
      });
      if (!read) return read.error();
      if (failure_) return *failure_;
    }
    // What is left is nowhere on the timeline.
    for (const auto& [at, entry] : stored_) {
      if (!seen_.contains(at)) remove(at);
    }
    return std::move(made_);
  }

 private:
  void compare(schedule_entry wanted, const v1::Envelope& envelope) {
    seen_.insert(wanted.at);
    const auto stored = stored_.find(wanted.at);
    if (stored != stored_.end() && are_alike(stored->second, wanted)) return;
    if (stored != stored_.end()) {
      report_(subject_of(wanted.at),
              "the schedule's type, due time or flow is not that of its event");
      wanted.inert = stored->second.inert;
      made_.removed.push_back(wanted.at);
    } else {
      report_(
          subject_of(wanted.at),
          fmt::format("{} is scheduled on the timeline, but is not on the schedule", wanted.type));
      auto waits = waits_for_adoption(from_, wanted.at, envelope);
      if (!waits) failure_ = waits.error();
      wanted.inert = waits && *waits;
    }
    made_.added.push_back(std::move(wanted));
  }
  void remove(position at) {
    report_(subject_of(at),
            "is on the schedule, but the timeline says that it fired, was cancelled or never was");
    made_.removed.push_back(at);
  }

  const store& from_;
  const finding_sink& report_;
  entries stored_;
  std::unordered_set<position> seen_;
  timer_mends made_;
  std::optional<error> failure_;
};

}  // namespace

result<timer_mends> compare_schedule(const store& from, position end,
                                     std::vector<position> outstanding, const finding_sink& report,
                                     std::uint64_t& count) {
  const auto tail = from.tail();
  auto until_tail = changes_in(from, end, tail);
  if (!until_tail) return until_tail.error();
  auto stored = read_schedule(from);
  if (!stored) return stored.error();
  const auto now = from.tail();
  auto since = changes_in(from, tail, now);
  if (!since) return since.error();
  outstanding.insert(outstanding.end(), until_tail->set.begin(), until_tail->set.end());
  std::erase_if(outstanding, [&](position at) {
    return until_tail->ended.contains(at) || since->ended.contains(at);
  });
  std::erase_if(*stored, [&](const auto& each) {
    const bool is_newer = each.first >= tail && each.first < now;
    return is_newer || since->ended.contains(each.first);
  });
  count = stored->size();
  return comparing{from, report, std::move(*stored)}.run(outstanding);
}

}  // namespace millrace
