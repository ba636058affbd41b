#include "engine/journal.hpp"

#include <fmt/format.h>

#include <type_traits>
#include <variant>

#include "base/limits.hpp"
#include "store/sqlite_store.hpp"

namespace millrace {
namespace {

void refuse(journal_request& request, const error& why) {
  std::visit(
      [&](auto& one) {
        if (one.done) one.done(why);
      },
      request);
}

using answer = std::variant<result<void>, result<std::vector<position>>>;

void acknowledge(journal_request& request, answer& outcome) {
  std::visit(
      [&](auto& one) {
        using made = std::conditional_t<std::is_same_v<decltype(one), append_request&>,
                                        result<std::vector<position>>, result<void>>;
        if (one.done) one.done(std::move(std::get<made>(outcome)));
      },
      request);
}

bool is_of_the_store(const error& why) {
  return why.code == errc::storage_failed || why.code == errc::corrupt;
}

std::size_t size_of(const import_request& request) {
  std::size_t size = 0;
  for (const auto& each : request.events) size += each.payload.size() + each.envelope.size();
  for (const auto& each : request.checkpoints) size += each.state.size();
  return size;
}

std::size_t size_of(const flow_commit& request) {
  std::size_t size = request.decided.state ? request.decided.state->size() : 0;
  for (const auto& each : request.decided.reactions) size += each.payload.size();
  if (!request.elsewhere) return size;
  for (const auto& each : *request.elsewhere) size += each.what.payload.size();
  return size;
}

/// Somebody outside waits for it, who can try again.
bool is_from_outside(const journal_request& request) {
  const auto* turn = std::get_if<flow_commit>(&request);
  return std::holds_alternative<append_request>(request) ||
         std::holds_alternative<import_request>(request) ||
         std::holds_alternative<timers_request>(request) ||
         (turn != nullptr && turn->elsewhere.has_value());
}

}  // namespace

journal::journal(store& stored, const type_registry& types, const interest_table& interest,
                 const clock& time, listeners tell)
    : store_(stored),
      types_(types),
      interest_(interest),
      clock_(time),
      tell_(std::move(tell)),
      tail_(stored.tail().value) {}

result<void> journal::open(std::uint32_t first_new) {
  auto stored = store_.recent_ids();
  if (!stored) return stored.error();
  ids_.load(std::move(*stored));
  fences_.open(first_new);
  return {};
}

/// Under the mutex.
std::optional<error> journal::take_room(append_request& request) {
  if (failure_) return failure_;
  if (appends_refused_) return error{errc::closed, "the host is stopping"};
  if (request.admitted) return std::nullopt;
  const auto taken = tail().value + outside_events_ + outside_under_way_;
  if (taken >= admitted_until_.load(std::memory_order_relaxed)) {
    return error{errc::overloaded, admission_reason_};
  }
  if (outside_events_ + request.events.size() > limits::queue_events_max ||
      outside_size_ + request.size > limits::queue_size_max) {
    return error{errc::overloaded,
                 fmt::format("{} events wait to be written; try again", outside_events_)};
  }
  outside_events_ += request.events.size();
  outside_size_ += request.size;
  request.admitted = true;
  return std::nullopt;
}

void journal::admit_until(position limit, std::string reason) {
  std::scoped_lock lock{mutex_};
  admitted_until_ = limit.value;
  admission_reason_ = std::move(reason);
}

bool journal::submit(append_request request) {
  if (!admit(request)) return false;
  const auto events = request.events.size();
  const auto size = request.size;
  push({.request = std::move(request), .events = events, .size = size});
  return true;
}

bool journal::admit(append_request& request) {
  std::optional<error> refusal;
  {
    std::scoped_lock lock{mutex_};
    refusal = take_room(request);
  }
  if (refusal) request.done(*refusal);
  return !refusal;
}

void journal::give_back(const append_request& request) {
  std::scoped_lock lock{mutex_};
  if (failure_ || !request.admitted) return;
  outside_events_ -= request.events.size();
  outside_size_ -= request.size;
}

void journal::submit(flow_commit request) {
  const auto events =
      request.elsewhere ? request.elsewhere->size() : request.decided.reactions.size();
  const auto size = size_of(request);
  push({.request = std::move(request), .events = events, .size = size});
}
void journal::submit(derived_commit request) { push({.request = std::move(request)}); }
void journal::submit(fire_request request) {
  const auto events = request.due.size();
  push({.request = std::move(request), .events = events});
}

void journal::submit(import_request request) {
  const auto events = request.events.size();
  const auto size = size_of(request);
  push({.request = std::move(request), .events = events, .size = size});
}
void journal::submit(timers_request request) { push({.request = std::move(request)}); }

void journal::push(queued one) {
  if (const auto failed = enqueue(one)) {
    refuse(one.request, *failed);
  } else {
    tell_.on_ready();
  }
}

/// Takes the request over, or says why not.
std::optional<error> journal::enqueue(queued& one) {
  std::scoped_lock lock{mutex_};
  if (!failure_) queue_.push_back(std::move(one));
  return failure_;
}

/// As much of the queue as one transaction may hold.
journal::batch journal::take() {
  std::scoped_lock lock{mutex_};
  batch taken;
  std::size_t events = 0;
  std::size_t size = 0;
  while (!queue_.empty()) {
    auto& next = queue_.front();
    events += next.events;
    size += next.size;
    const bool over = events > limits::commit_events_max || size > limits::commit_size_max;
    if (over && !taken.empty()) break;
    if (std::holds_alternative<append_request>(next.request)) {
      outside_events_ -= next.events;
      outside_size_ -= next.size;
      outside_under_way_ += next.events;
    }
    taken.push_back(std::move(next));
    queue_.pop_front();
  }
  working_ = !taken.empty();
  return taken;
}

void journal::put_back(batch held) {
  std::scoped_lock lock{mutex_};
  for (; !held.empty(); held.pop_back()) queue_.push_front(std::move(held.back()));
  working_ = false;
}

journal::worked journal::work() {
  auto taken = take();
  if (taken.empty()) {
    held_ = false;
    return worked::idle;
  }
  const auto outcome = commit(taken);
  held_ = outcome == worked::disk_full;
  std::scoped_lock lock{mutex_};
  outside_under_way_ = 0;  // the tail has moved by now, or they were refused
  working_ = false;
  if (outcome != worked::idle) return outcome;
  return queue_.empty() ? worked::idle : worked::more;
}

journal::worked journal::commit(batch& taken) {
  const auto now = clock_.now();
  ids_.trim(now);
  group made{{store_, types_, interest_, ids_, fences_}, tail(), now};
  std::vector<answer> answers;  // one for each request
  answers.reserve(taken.size());
  std::optional<error> broken;
  for (auto& each : taken) {
    std::visit(
        [&](auto& request) {
          auto added = made.add(request);
          // Half of it may stand in the group, so the group must not be written.
          if (!added && is_of_the_store(added.error())) broken = added.error();
          answers.emplace_back(std::move(added));
        },
        each.request);
  }
  if (broken) {
    fail(taken, *broken);
    return worked::failed;
  }
  if (!made.batch().empty()) {
    if (tell_.before_commit && !tell_.before_commit()) return worked::failed;
    const auto begun = clock_.steady();
    if (auto written = store_.commit(made.batch()); !written) {
      if (written.error().code != errc::storage_full) {
        fail(taken, written.error());
        return worked::failed;
      }
      refuse_outside(taken, written.error());
      put_back(std::move(taken));
      return worked::disk_full;
    }
    ++counts_.commits;
    publish(made);
    if (tell_.on_written) {
      tell_.on_written(made.batch(),
                       {.whole = clock_.steady() - begun, .flush = flush_time_of(store_)});
    }
  }
  for (std::size_t i = 0; i < taken.size(); ++i) acknowledge(taken[i].request, answers[i]);
  return worked::idle;
}

/// What came from outside is told now; what the engine itself needs is held until there is room.
void journal::refuse_outside(batch& taken, const error& why) {
  std::erase_if(taken, [&](queued& each) {
    const bool outside = is_from_outside(each.request);
    if (outside) refuse(each.request, why);
    return outside;
  });
}

void journal::publish(group& done) {
  for (const auto& one : done.batch().ids) ids_.add(one);
  for (const auto& one : done.batch().checkpoints) fences_.put(one.flow, one.checkpoint);
  counts_.events += done.batch().events.size();
  const auto begin = tail();
  tail_.store(done.end().value, std::memory_order_release);
  const bool has_room = feed_size_ + done.size() <= limits::feed_size_max;
  auto change = done.take_committed(has_room);
  if (change->end == begin && change->unscheduled.empty() && change->scheduled.empty()) return;
  feed_size_ += change->size;
  tell_.on_committed(std::move(change));
}

void journal::fail(batch& taken, const error& why) {
  batch rest;
  {
    std::scoped_lock lock{mutex_};
    failure_ = why;
    rest = std::exchange(queue_, {});
    outside_events_ = 0;
    outside_size_ = 0;
  }
  tell_.on_failed(why);
  for (auto& each : taken) refuse(each.request, why);
  for (auto& each : rest) refuse(each.request, why);
}

bool journal::maintain() {
  {
    std::scoped_lock lock{mutex_};
    if (failure_) return false;
  }
  auto more = store_.maintain();
  if (more) return *more;
  if (more.error().code != errc::storage_full) {
    batch none;
    fail(none, more.error());
  }
  return false;
}

void journal::refuse_appends() {
  std::scoped_lock lock{mutex_};
  appends_refused_ = true;
}

bool journal::idle() const {
  std::scoped_lock lock{mutex_};
  return queue_.empty() && !working_;
}

}  // namespace millrace
