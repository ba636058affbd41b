#include "engine/journal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <variant>

#include "base/limits.hpp"
#include "store/sqlite_store.hpp"

namespace millrace {
namespace {

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

journal_amount amount_of(const append_request& request) {
  return {.events = request.events.size(), .size = request.size};
}

/// Somebody outside waits for it, who can try again.
bool is_from_outside(const journal_request& request) {
  const auto* turn = std::get_if<flow_commit>(&request);
  return std::holds_alternative<import_request>(request) ||
         std::holds_alternative<timers_request>(request) ||
         (turn != nullptr && turn->elsewhere.has_value());
}

}  // namespace

journal::journal(store& stored, const type_registry& types, const interest_table& interest,
                 const clock& time, listeners tell, std::size_t rows_at_once)
    : store_(stored),
      types_(types),
      interest_(interest),
      clock_(time),
      tell_(std::move(tell)),
      rows_at_once_(rows_at_once),
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
  const auto taken = tail().value + outside_.events + outside_under_way_;
  if (taken >= admitted_until_.load(std::memory_order_relaxed)) {
    return error{errc::overloaded, admission_reason_};
  }
  auto wanted = outside_;
  wanted += amount_of(request);
  if (!wanted.fits({limits::queue_events_max, limits::queue_size_max, 0})) {
    return error{errc::overloaded,
                 fmt::format("{} events wait to be written; try again", outside_.events)};
  }
  outside_ = wanted;
  request.admitted = true;
  return std::nullopt;
}

void journal::admit_until(position limit, std::string reason) {
  std::scoped_lock lock{mutex_};
  admitted_until_ = limit.value;
  admission_reason_ = std::move(reason);
}

bool journal::submit(append_request request) {
  const auto amounts = amount_of(request);
  const auto room_size = encoded_size(request.events);
  std::optional<error> refusal;
  char* room = nullptr;
  std::shared_ptr<const char[]> owner;
  {
    std::scoped_lock lock{mutex_};
    refusal = take_room(request);
    if (!refusal) {
      room = appended_.cut(room_size);
      owner = appended_.owner();
    }
  }
  if (refusal) {
    request.done(*refusal);
    return false;
  }
  push({.append = encode(request, room, std::move(owner)), .other = {}, .amounts = amounts});
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
  outside_ -= amount_of(request);
}

void journal::submit(flow_commit request) {
  const auto events =
      request.elsewhere ? request.elsewhere->size() : request.decided.reactions.size();
  const auto size = size_of(request);
  push(std::move(request), {.events = events, .size = size, .rows = 1});
}
void journal::submit(derived_commit request) {
  const auto& part = request.part;
  const auto rows = part.flows.size() + part.postings.size() + part.rewritten.size();
  push(std::move(request), {.rows = rows});
}
void journal::submit(fire_request request) {
  const auto events = request.due.size();
  push(std::move(request), {.events = events});
}
void journal::submit(import_request request) {
  const auto events = request.events.size();
  const auto size = size_of(request);
  const auto rows = request.flows.size() + request.checkpoints.size();
  push(std::move(request), {.events = events, .size = size, .rows = rows});
}
void journal::submit(timers_request request) { push(std::move(request), {}); }

void journal::push(journal_request request, const journal_amount& amounts) {
  push({.append = {},
        .other = std::make_unique<journal_request>(std::move(request)),
        .amounts = amounts});
}

void journal::push(queued_request one) {
  if (const auto failed = enqueue(one)) {
    refuse(one, *failed);
  } else {
    tell_.on_ready();
  }
}

/// Takes the request over, or says why not.
std::optional<error> journal::enqueue(queued_request& one) {
  std::scoped_lock lock{mutex_};
  if (failure_) return failure_;
  (one.other ? own_ : appends_).push(std::move(one));
  return std::nullopt;
}

journal::worked journal::work() {
  take();
  if (taken_.empty()) {
    held_ = false;
    return worked::idle;
  }
  auto outcome = worked::idle;
  if (set_apart()) {
    outcome = commit();
    answers_.clear();
    taken_.swap(apart_);
    apart_.clear();
  }
  if (outcome != worked::failed) outcome = commit();
  let_go();
  held_ = outcome == worked::disk_full;
  std::scoped_lock lock{mutex_};
  outside_under_way_ = 0;  // the tail has moved by now, or they were refused
  working_ = false;
  if (outcome != worked::idle) return outcome;
  return appends_.empty() && own_.empty() ? worked::idle : worked::more;
}

/// Its room is used again, unless it was for a crowd.
void journal::let_go() {
  taken_.clear();
  answers_.clear();
  if (std::max(taken_.capacity(), apart_.capacity()) <= limits::queue_entries_kept_max) return;
  batch{}.swap(taken_);
  batch{}.swap(apart_);
  std::vector<answer>{}.swap(answers_);
}

journal::worked journal::commit() {
  const auto now = clock_.now();
  ids_.trim(now);
  group made{{store_, types_, interest_, ids_, fences_, texts_}, tail(), now};
  if (const auto broken = gather(made)) {
    fail(*broken);
    return worked::failed;
  }
  if (!made.batch().empty()) {
    if (tell_.before_commit && !tell_.before_commit()) return worked::failed;
    const auto begun = clock_.steady();
    if (auto written = store_.commit(made.batch()); !written) {
      if (written.error().code != errc::storage_full) {
        fail(written.error());
        return worked::failed;
      }
      made.give_back();
      refuse_outside(written.error());
      put_back();
      return worked::disk_full;
    }
    ++counts_.commits;
    const bool flushed = made.batch().needs_flush;
    publish(made, {.whole = clock_.steady() - begun,
                   .flush = flushed ? flush_time_of(store_) : duration{0}});
  }
  acknowledge();
  return worked::idle;
}

/// An error of the store: half of a request may stand in the group, so it must not be written.
std::optional<error> journal::gather(group& made) {
  std::optional<error> broken;
  const auto note = [&](auto added) {
    if (!added && is_of_the_store(added.error())) broken = added.error();
    answers_.emplace_back(std::move(added));
  };
  journal_amount all;
  std::size_t turns = 0;
  for (const auto& each : taken_) {
    all += each.amounts;
    turns += each.other && std::holds_alternative<flow_commit>(*each.other) ? 1 : 0;
  }
  made.expect(all.events, turns);
  answers_.reserve(taken_.size());
  for (auto& each : taken_) {
    if (each.other) {
      std::visit([&](auto& request) { note(made.add(request)); }, *each.other);
    } else {
      note(made.add(each.append));
    }
  }
  return broken;
}

/// Who appends mostly waits for his oldest one. Told last, he finds all the others answered, and is
/// woken once and not for each of them.
void journal::acknowledge() {
  for (std::size_t i = 0; i < taken_.size(); ++i) {
    if (!taken_[i].other) continue;
    std::visit(
        [&](auto& request) {
          if (request.done) request.done(std::move(std::get<result<void>>(answers_[i])));
        },
        *taken_[i].other);
  }
  using placed = result<std::vector<position>>;
  for (auto i = taken_.size(); i > 0; --i) {
    auto& one = taken_[i - 1];
    if (one.append.done) one.append.done(std::move(std::get<placed>(answers_[i - 1])));
  }
}

void journal::refuse(queued_request& one, const error& why) {
  if (!one.other) {
    if (one.append.done) one.append.done(why);
    return;
  }
  std::visit(
      [&](auto& request) {
        if (request.done) request.done(why);
      },
      *one.other);
}

/// What came from outside is told now; what the engine itself needs is held until there is room.
void journal::refuse_outside(const error& why) {
  std::erase_if(taken_, [&](queued_request& each) {
    const bool outside = !each.other || is_from_outside(*each.other);
    if (outside) refuse(each, why);
    return outside;
  });
}

void journal::publish(group& done, const commit_times& took) {
  for (const auto& one : done.batch().ids) ids_.add(one);
  for (const auto& one : done.batch().checkpoints) fences_.put(one.flow, one.checkpoint);
  for (const auto flow : done.imported()) fences_.leave(flow);
  counts_.events += done.batch().events.size();
  const auto begin = tail();
  tail_.store(done.end().value, std::memory_order_release);
  if (tell_.on_written) tell_.on_written(done.batch(), took);
  const bool has_room = feed_size_ + done.size() <= limits::feed_size_max;
  auto change = done.take_committed(has_room);
  if (change->end == begin && change->unscheduled.empty() && change->scheduled.empty()) return;
  feed_size_ += change->size;
  tell_.on_committed(std::move(change));
}

void journal::fail(const error& why) {
  batch own;
  batch appends;
  {
    std::scoped_lock lock{mutex_};
    failure_ = why;
    own = own_.take_all();
    appends = appends_.take_all();
    outside_ = {};
  }
  tell_.on_failed(why);
  for (auto* all : {&taken_, &apart_, &own, &appends}) {
    for (auto& each : *all) refuse(each, why);
  }
}

bool journal::maintain() {
  {
    std::scoped_lock lock{mutex_};
    if (failure_) return false;
  }
  auto more = store_.maintain();
  if (more) return *more;
  if (more.error().code != errc::storage_full) {
    fail(more.error());
  }
  return false;
}

void journal::refuse_appends() {
  std::scoped_lock lock{mutex_};
  appends_refused_ = true;
}

std::size_t journal::waiting() const {
  std::scoped_lock lock{mutex_};
  return std::max(own_.size() + appends_.size(), own_.events() + appends_.events());
}

bool journal::idle() const {
  std::scoped_lock lock{mutex_};
  return appends_.empty() && own_.empty() && !working_;
}

}  // namespace millrace
