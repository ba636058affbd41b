#include "store/checkpoint_overlay.hpp"

#include <algorithm>

namespace millrace {

overlay_view::overlay_view(std::vector<entry> entries) : entries_(std::move(entries)) {
  std::sort(entries_.begin(), entries_.end(),
            [](const entry& a, const entry& b) { return a.first < b.first; });
}

const overlaid* overlay_view::find(flow_number flow) const {
  const auto found = std::lower_bound(entries_.begin(), entries_.end(), flow,
                                      [](const entry& a, flow_number b) { return a.first < b; });
  return found == entries_.end() || found->first != flow ? nullptr : found->second.get();
}

namespace {

// A checkpoint without a state keeps the one before it, which may itself not be folded yet.
overlaid_ptr merged(const overlaid_ptr& before, const overlaid_ptr& after) {
  if (after->state || !before || !before->state) return after;
  auto both = std::make_shared<overlaid>(*after);
  both->state = before->state;
  both->state_seq = before->state_seq;
  return both;
}

}  // namespace

void checkpoint_overlay::apply(log_version now, std::span<const flow_number> folded,
                               const map& written) {
  const std::lock_guard lock{mutex_};
  for (const flow_number flow : folded) entries_.erase(flow);
  for (const auto& [flow, after] : written) {
    overlaid_ptr& place = entries_[flow];
    place = merged(place, after);
  }
  version_ = now;
}

void checkpoint_overlay::replace(log_version now, map entries) {
  const std::lock_guard lock{mutex_};
  entries_ = std::move(entries);
  version_ = now;
}

log_version checkpoint_overlay::version() const {
  const std::lock_guard lock{mutex_};
  return version_;
}

overlaid_ptr checkpoint_overlay::newest(flow_number flow) const {
  const std::lock_guard lock{mutex_};
  const auto found = entries_.find(flow);
  return found == entries_.end() ? nullptr : found->second;
}

std::optional<overlaid_ptr> checkpoint_overlay::find(log_version seen, flow_number flow) const {
  const std::lock_guard lock{mutex_};
  if (version_ != seen) return std::nullopt;
  const auto found = entries_.find(flow);
  return found == entries_.end() ? nullptr : found->second;
}

std::optional<overlay_view> checkpoint_overlay::view(log_version seen) const {
  std::vector<overlay_view::entry> entries;
  {
    const std::lock_guard lock{mutex_};
    if (version_ != seen) return std::nullopt;
    entries.assign(entries_.begin(), entries_.end());
  }
  return overlay_view{std::move(entries)};
}

void overlay_with(checkpoint_overlay::map& entries, const logged_checkpoint& logged,
                  std::int64_t seq) {
  v1::Checkpoint checkpoint;
  const bool decodes =
      checkpoint.ParseFromArray(logged.record.data(), static_cast<int>(logged.record.size()));
  auto after = std::make_shared<overlaid>();
  after->record = logged.record;
  after->seq = after->state_seq = seq;
  if (decodes && checkpoint.has_position())
    after->checkpoint = static_cast<std::int64_t>(checkpoint.position());
  after->stopped = !decodes || checkpoint.has_error_position();
  if (logged.state) after->state = std::make_shared<const std::string>(*logged.state);
  overlaid_ptr& place = entries[logged.flow];
  place = merged(place, after);
}

}  // namespace millrace
