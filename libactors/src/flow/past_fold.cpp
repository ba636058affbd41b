#include "flow/past_fold.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.hpp"
#include "flow/rules.hpp"
#include "flow/state_saver.hpp"

namespace millrace {
namespace {

using positions = google::protobuf::RepeatedField<std::uint64_t>;

bool contains(const positions& all, position at) {
  return std::find(all.begin(), all.end(), at.value) != all.end();
}

/// The last of them at or before `at`.
std::optional<position> last_until(const positions& all, position at) {
  std::optional<position> found;
  for (const auto one : all) {
    if (one <= at.value) found = position{one};
  }
  return found;
}

}  // namespace

past_fold::past_fold(const flow_type& type, flow_key key, const v1::Checkpoint& now)
    : type_(type), key_(std::move(key)), now_(now) {}

const google::protobuf::Message* past_fold::state() const {
  return instance_ ? instance_->state() : nullptr;
}

result<std::optional<position>> past_fold::begin(position at, std::string_view stored_state) {
  instance_.reset();
  life_.reset();
  const auto start = start_of_way(at);
  ended_ = start ? last_until(now_.ended(), *start) : std::nullopt;
  if (const auto first = not_kept_before(start)) {
    return error{errc::not_found,
                 fmt::format("{}: what is kept of its past does not reach back before {}",
                             key_.text(), first->value)};
  }
  const bool from_snapshot = start && now_.has_snapshot() && start->value == now_.snapshot();
  if (from_snapshot && now_.has_life()) {
    if (auto loaded = load(stored_state); !loaded) return loaded.error();
  }
  return start;
}

/// Turns that begin or end a life are snapshots: at the stored one the flow was as alive as today.
std::optional<position> past_fold::start_of_way(position at) const {
  if (now_.has_snapshot() && now_.snapshot() <= at.value) return position{now_.snapshot()};
  return last_until(now_.ended(), at);
}

/// Of the lists that are full, the oldest entry: what is asked for is on its far side.
std::optional<position> past_fold::not_kept_before(std::optional<position> start) const {
  std::optional<position> first;
  const auto need = [&](bool is_full, std::uint64_t oldest) {
    if (is_full && (!start || start->value < oldest)) first = std::max(first, {{oldest}});
  };
  const auto is_full = [](const positions& all, std::size_t limit) {
    return static_cast<std::size_t>(all.size()) >= limit;
  };
  if (is_full(now_.ended(), limits::lives_kept_max)) need(true, now_.ended(0));
  if (is_full(now_.voided(), limits::voids_kept_max)) need(true, now_.voided(0));
  const auto kept = static_cast<std::uint64_t>(now_.skipped_size());
  if (kept > 0) need(now_.skipped_count() > kept, now_.skipped(0).position());
  return first;
}

result<void> past_fold::load(std::string_view stored_state) {
  const auto wrong = guarded([&]() -> complaint {
    instance_ = type_.make();
    auto* message = instance_->state();
    if (message == nullptr) return std::nullopt;
    return decode_state(stored_state, now_.state_json(), *message);
  });
  life_ = position{now_.life()};
  if (!wrong) return {};
  return error{errc::corrupt, fmt::format("{}: {}", key_.text(), *wrong)};
}

result<void> past_fold::fold(const observation& seen) {
  const auto wrong = guarded([&] { return fold_one(seen); });
  if (!wrong) return {};
  return error{errc::corrupt,
               fmt::format("{}: fold of {}: {}", key_.text(), seen.what->at.value, *wrong)};
}

complaint past_fold::fold_one(const observation& seen) {
  const event& what = *seen.what;
  if (rules::is_skipped(now_, what.at)) return std::nullopt;
  if (!alive() && seen.starts && !rules::is_own_firing(what, key_)) {
    instance_ = type_.make();
    life_ = what.at;
  }
  if (!alive() || passes_by(what)) return std::nullopt;
  const auto observed = type_.find(what.type);
  const bool is_observed = observed < type_.observes.size();
  if (is_observed) {
    if (what.body == nullptr) return fmt::format("payload does not decode as {}", what.type);
    const bool gives = type_.observes[observed].has_given;
    if (gives && !rules::is_folded_before(what, key_, *life_)) {
      instance_->given(observed, *what.body, what);
    }
  }
  if (auto wrong = fold_recorded(what, seen.recorded)) return wrong;
  if (!ends_at(what, observed)) return std::nullopt;
  instance_.reset();
  life_.reset();
  ended_ = what.at;
  return std::nullopt;
}

complaint past_fold::fold_recorded(const event& cause, std::span<const event> recorded) {
  for (event own : recorded) {
    const auto observed = type_.find(own.type);
    if (own.due() || observed == type_.observes.size()) continue;
    if (own.body == nullptr) return fmt::format("payload does not decode as {}", own.type);
    own.at = unplaced;
    own.time = cause.time;
    const bool gives = type_.observes[observed].has_given;
    if (gives && rules::reaches_self(type_, observed, own, key_)) {
      instance_->given(observed, *own.body, own);
    }
  }
  return std::nullopt;
}

bool past_fold::passes_by(const event& what) const {
  if (!rules::is_own_firing(what, key_)) return false;
  return rules::is_of_former_life(what, *life_) || contains(now_.voided(), what.at);
}

bool past_fold::ends_at(const event& what, std::size_t observed) {
  if (type_.topic) return contains(now_.ended(), what.at);
  return observed < type_.observes.size() && instance_->ends(observed, *what.body, what);
}

}  // namespace millrace
