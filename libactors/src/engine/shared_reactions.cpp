#include "engine/shared_reactions.hpp"

#include <algorithm>
#include <tuple>

#include "base/limits.hpp"
#include "millrace/envelope.pb.h"
#include "wire/system_events.hpp"

namespace millrace {
namespace {

// Flows that a window feeds are in one or two spans of causes; its reactions are kept for the rest.
constexpr std::size_t spans_kept = 4;
constexpr std::size_t effects_kept_max = 16 * effect_span_causes;

/// One recorded reaction, copied off its row.
struct recorded {
  std::uint64_t cause = 0;
  std::string emitter;
  position at;
  std::string type;
  timestamp time;
  std::string payload;
  std::string envelope;
};

bool parse(std::string_view bytes, v1::Envelope& into) {
  return !bytes.empty() && into.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

std::string_view type_of(std::string_view key) { return key.substr(0, key.find('|')); }

}  // namespace

std::span<const event> shared_reactions::span_content::of(std::string_view flow,
                                                          position cause) const {
  const auto all = sorted_->events();
  const auto wanted = std::tuple{cause.value, flow};
  const auto of = [](const event& one) {
    return std::tuple{one.envelope->cause.value_or(position{}).value, one.envelope->emitter};
  };
  const auto first =
      std::lower_bound(all.begin(), all.end(), wanted,
                       [&](const event& one, const auto& at) { return of(one) < at; });
  const auto end =
      std::find_if(first, all.end(), [&](const event& one) { return of(one) != wanted; });
  return {first, end};
}

result<shared_reactions::content_ptr> shared_reactions::of_span(std::uint64_t span) {
  const std::lock_guard lock{mutex_};
  for (const auto& one : kept_) {
    if (one.span == span) return one.content;
  }
  if (!scanned_) {
    if (auto found = find_unindexed(); !found) return found.error();
    scanned_ = true;
  }
  auto made = read(span);
  if (!made) return made;
  if (kept_.size() == spans_kept) kept_.pop_front();
  kept_.push_back({span, *made});
  return made;
}

/// Emissions that the cause index does not cover yet.
result<void> shared_reactions::find_unindexed() {
  auto indexed = stored_.routed();
  if (!indexed) return indexed.error();
  return stored_.scan(*indexed, stored_.tail(), [&](const event_row& row) {
    v1::Envelope envelope;
    if (parse(row.envelope, envelope) && type_of(envelope.emitter()) == flow_type_) {
      unindexed_[effect_span(position{envelope.cause()})].push_back(row.at);
    }
    return true;
  });
}

result<shared_reactions::content_ptr> shared_reactions::read(std::uint64_t span) {
  auto pairs = stored_.effects_of_span(span);
  if (!pairs) return pairs.error();
  std::vector<position> at;
  at.reserve(pairs->size());
  for (const auto& pair : *pairs) at.push_back(pair.at);
  if (const auto more = unindexed_.find(span); more != unindexed_.end()) {
    at.insert(at.end(), more->second.begin(), more->second.end());
  }
  std::sort(at.begin(), at.end());
  at.erase(std::unique(at.begin(), at.end()), at.end());
  if (at.size() > effects_kept_max) return content_ptr{};
  std::vector<recorded> found;
  std::size_t size = 0;
  v1::Envelope envelope;
  auto fetched = stored_.fetch(at, [&](const event_row& row) {
    const bool is_wanted = parse(row.envelope, envelope) &&
                           type_of(envelope.emitter()) == flow_type_ &&
                           row.type != timers_cancelled_type;
    if (!is_wanted) return true;
    size += row.payload.size() + row.envelope.size();
    found.push_back({envelope.cause(), envelope.emitter(), row.at, std::string{row.type}, row.time,
                     std::string{row.payload}, std::string{row.envelope}});
    return size <= limits::behind_size_max;
  });
  if (!fetched) return fetched.error();
  if (size > limits::behind_size_max) return content_ptr{};
  std::sort(found.begin(), found.end(), [](const recorded& a, const recorded& b) {
    return std::tie(a.cause, a.emitter, a.at) < std::tie(b.cause, b.emitter, b.at);
  });
  window_builder built{types_, {}};
  for (const auto& one : found) built.add(one.at, one.type, one.time, one.payload, one.envelope);
  return content_ptr{std::make_shared<const span_content>(built.finish({}))};
}

std::shared_ptr<shared_reactions> reactions_by_type::of(std::string_view flow_type) {
  const std::lock_guard lock{mutex_};
  auto& place = known_[std::string{flow_type}];
  auto there = place.lock();
  if (!there) {
    there = std::make_shared<shared_reactions>(stored_, types_, std::string{flow_type});
    place = there;
  }
  return there;
}

void reactions_by_type::forget(std::string_view flow_type) {
  const std::lock_guard lock{mutex_};
  if (const auto found = known_.find(flow_type); found != known_.end()) known_.erase(found);
}

}  // namespace millrace
