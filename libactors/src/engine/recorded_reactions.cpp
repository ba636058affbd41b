#include "engine/recorded_reactions.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "millrace/envelope.pb.h"
#include "routing/merged_inbox.hpp"
#include "wire/system_events.hpp"

namespace millrace {
namespace {

bool parse(std::string_view bytes, v1::Envelope& into) {
  return !bytes.empty() && into.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

}  // namespace

result<std::size_t> recorded_reactions::attach(std::span<observation> seen) {
  shared_.clear();
  shared_span_.reset();
  window_builder built{types_, {}};
  std::vector<std::size_t> ends;
  for (auto& one : seen) {
    auto known = attach_shared(one);
    if (!known) return known.error();
    if (one.what->at <= last_ && !*known) {
      auto at = emissions(one.what->at);
      if (!at) return at.error();
      if (auto done = read(built, *at); !done) return done.error();
    }
    ends.push_back(built.size());
    if (built.encoded_size() >= limits::behind_size_max) break;
  }
  events_ = built.finish({});
  std::size_t begin = 0;
  for (std::size_t i = 0; i < ends.size(); ++i) {
    if (begin == ends[i]) continue;
    seen[i].recorded = events_->events().subspan(begin, ends[i] - begin);
    begin = ends[i];
  }
  return ends.size();
}

result<bool> recorded_reactions::attach_shared(observation& one) {
  one.recorded = {};
  if (!together_ || one.what->at > last_) return false;
  const auto span = effect_span(one.what->at);
  if (shared_span_ != span) {
    auto content = together_->of_span(span);
    if (!content) return content.error();
    shared_.push_back(std::move(*content));
    shared_span_ = span;
  }
  if (!shared_.back()) return false;
  one.recorded = shared_.back()->of(flow_.text(), one.what->at);
  return true;
}

/// Emissions that the cause index does not cover yet.
result<void> recorded_reactions::find_unindexed() {
  auto indexed = stored_.routed();
  if (!indexed) return indexed.error();
  return stored_.scan(*indexed, stored_.tail(), [&](const event_row& row) {
    v1::Envelope envelope;
    if (!parse(row.envelope, envelope)) return true;
    if (envelope.emitter() == flow_.text() && envelope.cause() <= last_.value) {
      unindexed_[envelope.cause()].push_back(row.at);
    }
    return true;
  });
}

result<std::vector<position>> recorded_reactions::emissions(position cause) {
  if (!scanned_) {
    if (auto done = find_unindexed(); !done) return done.error();
    scanned_ = true;
  }
  if (const auto span = effect_span(cause); span_ != span) {
    auto pairs = stored_.effects_of_span(span);
    if (!pairs) return pairs.error();
    pairs_ = std::move(*pairs);
    put_in_order(pairs_);
    span_ = span;
  }
  std::vector<position> found;
  auto pair = std::lower_bound(pairs_.begin(), pairs_.end(), effect{cause, {}});
  for (; pair != pairs_.end() && pair->cause == cause; ++pair) found.push_back(pair->at);
  if (const auto more = unindexed_.find(cause.value); more != unindexed_.end()) {
    found.insert(found.end(), more->second.begin(), more->second.end());
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

/// Those of this flow; they were appended in the order of their ordinals.
result<std::size_t> recorded_reactions::read(window_builder& into,
                                             const std::vector<position>& at) const {
  if (at.empty()) return into.size();
  auto read = stored_.fetch(at, [&](const event_row& row) {
    v1::Envelope envelope;
    const bool own = parse(row.envelope, envelope) && envelope.emitter() == flow_.text() &&
                     row.type != timers_cancelled_type;
    if (own) into.add(row.at, row.type, row.time, row.payload, row.envelope);
    return true;
  });
  if (!read) return read.error();
  return into.size();
}

}  // namespace millrace
