#include "engine/journal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <variant>

#include "base/limits.hpp"

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
      tail_(stored.tail().value),
      next_(tail_.load()) {}

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
  const auto taken = next_ + outside_.events + outside_under_way_;
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
    refuse({&one, 1}, *failed);
  } else {
    tell_.on_ready();
  }
}

/// Takes the request over, or says why not.
std::optional<error> journal::enqueue(queued_request& one) {
  std::scoped_lock lock{mutex_};
  if (failure_) return failure_;
  (one.other ? own_ : appends_).push(std::move(one));
  note_waiting();
  return std::nullopt;
}

journal::worked journal::work() {
  const auto outcome = write();
  settle();
  return outcome;
}

journal::worked journal::write() {
  if (!take()) {
    held_ = false;
    return worked::idle;
  }
  set_apart();
  auto outcome = worked::idle;
  if (!apart_.requests.empty()) {
    outcome = commit(apart_);
    if (outcome == worked::idle) {
      tell(apart_, duration{0});
      acknowledge(apart_);
    }
    clear(apart_);
  }
  const bool rest = outcome != worked::failed && !taken_.requests.empty();
  if (rest) outcome = commit(taken_);
  held_ = outcome == worked::disk_full;
  std::scoped_lock lock{mutex_};
  outside_under_way_ = 0;  // they are before next_ now, or were refused
  if (rest && outcome == worked::idle) {
    written_.push_back(std::exchange(taken_, {}));
  } else {
    --under_way_;
    clear(taken_);
  }
  if (outcome != worked::idle) return outcome;
  return appends_.empty() && own_.empty() ? worked::idle : worked::more;
}

/// One commit of `one`, whose answers are known then, but not given. Its requests are answered, or
/// queued again, unless it is idle then.
journal::worked journal::commit(commit_under_way& one) {
  const auto now = clock_.now();
  ids_.trim(now);
  one.made = std::make_unique<group>(
      group_surroundings{store_, types_, interest_, ids_, fences_, texts_}, position{next_}, now);
  const auto fail_all = [this](const error& why) {
    fail(why, {&apart_.requests, &taken_.requests});
    return worked::failed;
  };
  if (const auto broken = gather(one)) return fail_all(*broken);
  const auto& made = one.made->batch();
  if (made.empty()) return worked::idle;
  if (tell_.before_commit && !tell_.before_commit()) return worked::failed;
  const auto begun = clock_.steady();
  if (auto written = store_.write(made); !written) {
    if (written.error().code != errc::storage_full) return fail_all(written.error());
    one.made->give_back();
    refuse_outside(one.requests, written.error());
    put_back(one.requests);
    return worked::disk_full;
  }
  one.wrote = clock_.steady() - begun;
  for (const auto& each : made.ids) ids_.add(each);
  for (const auto& each : made.checkpoints) fences_.put(each.flow, each.checkpoint);
  for (const auto flow : one.made->imported()) fences_.leave(flow);
  next_ = one.made->end().value;
  ++counts_.commits;
  return worked::idle;
}

/// An error of the store: half of a request may stand in the group, so it must not be written.
std::optional<error> journal::gather(commit_under_way& one) {
  std::optional<error> broken;
  const auto note = [&](auto added) {
    if (!added && is_of_the_store(added.error())) broken = added.error();
    one.answers.emplace_back(std::move(added));
  };
  journal_amount all;
  std::size_t turns = 0;
  for (const auto& each : one.requests) {
    all += each.amounts;
    turns += each.other && std::holds_alternative<flow_commit>(*each.other) ? 1 : 0;
  }
  one.made->expect(all.events, turns);
  one.answers.reserve(one.requests.size());
  for (auto& each : one.requests) {
    if (each.other) {
      std::visit([&](auto& request) { note(one.made->add(request)); }, *each.other);
    } else {
      note(one.made->add(each.append));
    }
  }
  return broken;
}

/// Its room is used again, unless it was for a crowd.
void journal::clear(commit_under_way& one) {
  one.requests.clear();
  one.answers.clear();
  one.made.reset();
  if (one.requests.capacity() <= limits::queue_entries_kept_max) return;
  batch{}.swap(one.requests);
  std::vector<answer>{}.swap(one.answers);
}

void journal::refuse(std::span<queued_request> all, const error& why) {
  for (auto& one : all) {
    if (!one.other) {
      if (one.append.done) one.append.done(why);
      continue;
    }
    std::visit(
        [&](auto& request) {
          if (request.done) request.done(why);
        },
        *one.other);
  }
}

/// What came from outside is told now; what the engine itself needs is held until there is room.
void journal::refuse_outside(batch& from, const error& why) {
  std::erase_if(from, [&](queued_request& each) {
    const bool outside = !each.other || is_from_outside(*each.other);
    if (outside) refuse({&each, 1}, why);
    return outside;
  });
}

/// From now on everything is refused: `first`, and what is queued.
void journal::fail(const error& why, std::initializer_list<batch*> first) {
  batch own;
  batch appends;
  bool is_news = false;
  {
    std::scoped_lock lock{mutex_};
    is_news = !failure_.has_value();
    if (is_news) failure_ = why;
    own = own_.take_all();
    appends = appends_.take_all();
    outside_ = {};
    note_waiting();
  }
  if (is_news) tell_.on_failed(why);
  for (auto* all : first) refuse(*all, why);
  for (auto* all : {&own, &appends}) refuse(*all, why);
}

bool journal::maintain() {
  {
    std::scoped_lock lock{mutex_};
    if (failure_) return false;
  }
  auto more = store_.maintain();
  if (more) return *more;
  if (more.error().code != errc::storage_full) {
    fail(more.error(), {});
  }
  return false;
}

void journal::refuse_appends() {
  std::scoped_lock lock{mutex_};
  appends_refused_ = true;
}

/// Under the mutex.
void journal::note_waiting() {
  waiting_ = std::max(own_.size() + appends_.size(), own_.events() + appends_.events());
}

bool journal::idle() const {
  std::scoped_lock lock{mutex_};
  return appends_.empty() && own_.empty() && under_way_ == 0;
}

}  // namespace millrace
