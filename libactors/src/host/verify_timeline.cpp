#include "host/verify_timeline.hpp"

#include <fmt/format.h>
#include <google/protobuf/arena.h>

#include <algorithm>
#include <unordered_set>

#include "wire/system_events.hpp"
#include "wire/window.hpp"

namespace millrace {
namespace {

bool parse(std::string_view bytes, google::protobuf::MessageLite& into) {
  return into.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

std::string reaction_name(const v1::Envelope& envelope) {
  return fmt::format("{} {} {}", envelope.cause(), envelope.ordinal(), envelope.emitter());
}

std::uint64_t hash_of(const v1::Envelope& envelope) {
  return std::hash<std::string>{}(reaction_name(envelope));
}

/// Cancellations are numbered by nobody: they are no reactions of a handler.
bool is_reaction(std::string_view type, const v1::Envelope& envelope) {
  return !envelope.emitter().empty() && type != timers_cancelled_type;
}

}  // namespace

void position_set::insert(position at) {
  auto& bits = chunks_[at.value / chunk_bits];
  if (!bits) bits = std::make_unique<chunk>();
  const auto bit = at.value % chunk_bits;
  (*bits)[bit / 64] |= std::uint64_t{1} << (bit % 64);
}

bool position_set::contains(position at) const {
  const auto found = chunks_.find(at.value / chunk_bits);
  if (found == chunks_.end()) return false;
  const auto bit = at.value % chunk_bits;
  return ((*found->second)[bit / 64] >> (bit % 64) & 1) != 0;
}

void timeline_check::find(position at, const std::string& what) const {
  report_(fmt::format("event {}", at.value), what);
}

void timeline_check::see(const event_row& row) {
  ++count_;
  if (last_ && row.at <= *last_) {
    find(row.at, fmt::format("comes after event {}: positions must ascend", last_->value));
  }
  if (row.at >= tail_) find(row.at, fmt::format("is past the tail, {}", tail_.value));
  const position next = last_ ? last_->next() : position{};
  if (row.at > next && !is_imported(next)) {
    find(row.at, fmt::format("comes after a hole that no import left, from {} on", next.value));
  }
  last_ = row.at;
  events_.insert(row.at);
  v1::Envelope envelope;
  if (!parse(row.envelope, envelope)) return find(row.at, "the envelope does not decode");
  if (envelope.has_routes()) {
    explicit_.insert(row.at);
    count_routes(row.at, envelope);
  }
  check_payload(row, envelope);
  if (envelope.has_cause()) check_cause(row.at, envelope);
  if (!envelope.emitter().empty()) fold_reaction(row, envelope);
  fold_schedule(row, envelope);
}

/// A key that is named twice is reached once.
void timeline_check::count_routes(position at, const v1::Envelope& envelope) {
  const auto& keys = envelope.routes().keys();
  for (auto key = keys.begin(); key != keys.end(); ++key) {
    const auto type = foreign_types_.find(flow_key::parse(*key).type());
    const bool is_new = std::find(keys.begin(), key, *key) == key;
    if (type != foreign_types_.end() && at < type->second && is_new) ++foreign_[*key];
  }
}

void timeline_check::check_payload(const event_row& row, const v1::Envelope& envelope) {
  if (const auto* prototype = types_.find(row.type)) {
    google::protobuf::Arena arena;
    if (!decode_payload(envelope.content_type(), row.payload, *prototype->New(&arena))) {
      find(row.at, fmt::format("the payload does not decode as {}", row.type));
    }
    return;
  }
  if (envelope.content_type() != content_type_json) return;
  if (auto shown = types_.to_json(row.type, content_type_json, row.payload); !shown) {
    find(row.at, shown.error().message);
  }
}

void timeline_check::check_cause(position at, const v1::Envelope& envelope) {
  const position cause{envelope.cause()};
  if (cause >= at) return find(at, fmt::format("its cause, {}, is not before it", cause.value));
  if (!events_.contains(cause) && !is_imported(cause))
    find(at, fmt::format("its cause, {}, does not exist", cause.value));
}

bool timeline_check::is_imported(position at) const {
  return std::any_of(imports_.begin(), imports_.end(), [&](const v1::Import& one) {
    return at.value >= one.begin() && at.value < one.end();
  });
}

void timeline_check::fold_reaction(const event_row& row, const v1::Envelope& envelope) {
  if (!envelope.has_cause()) {
    return find(row.at, fmt::format("{} emitted it, but no cause is recorded", envelope.emitter()));
  }
  auto& last = reacted_[envelope.emitter()];
  last = std::max(last, position{envelope.cause()});
  if (is_reaction(row.type, envelope)) reactions_.push_back(hash_of(envelope));
}

void timeline_check::fold_schedule(const event_row& row, const v1::Envelope& envelope) {
  if (row.type == timers_cancelled_type) return cancel_timers(row);
  if (envelope.from_schedule()) {
    const bool was_there = outstanding_.erase(position{envelope.cause()}) > 0;
    if (!was_there && envelope.has_timer()) {
      find(row.at, fmt::format("fires {}, which is not on the schedule there", envelope.cause()));
    }
  }
  if (envelope.has_due()) outstanding_.insert(row.at);
}

void timeline_check::cancel_timers(const event_row& row) {
  v1::TimersCancelled body;
  if (!parse(row.payload, body)) return find(row.at, "the payload does not decode");
  for (const auto at : body.positions()) outstanding_.erase(position{at});
}

result<void> timeline_check::finish(const store& from) {
  std::sort(reactions_.begin(), reactions_.end());
  std::unordered_set<std::uint64_t> twice;
  for (std::size_t i = 1; i < reactions_.size(); ++i) {
    if (reactions_[i] == reactions_[i - 1]) twice.insert(reactions_[i]);
  }
  reactions_ = {};
  if (twice.empty()) return {};
  std::unordered_map<std::string, position> first;
  return from.scan({}, tail_, [&](const event_row& row) {
    v1::Envelope envelope;
    if (!parse(row.envelope, envelope) || !is_reaction(row.type, envelope)) return true;
    if (!envelope.has_cause() || !twice.contains(hash_of(envelope))) return true;
    const auto [place, fresh] = first.emplace(reaction_name(envelope), row.at);
    if (!fresh) {
      find(row.at, fmt::format("repeats event {}: reaction {} of {} to {}", place->second.value,
                               envelope.ordinal(), envelope.emitter(), envelope.cause()));
    }
    return true;
  });
}

}  // namespace millrace
