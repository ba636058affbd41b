#include "engine/recovery.hpp"

#include <algorithm>
#include <unordered_map>

#include "base/limits.hpp"
#include "millrace/envelope.pb.h"
#include "wire/window.hpp"

namespace millrace {
namespace {

/// One flow's way from its snapshot to its checkpoint, in slices of its inbox.
class replay {
 public:
  replay(const store& stored, const type_registry& types, const flow_type& of, const flow_key& key,
         runner& into)
      : stored_(stored), types_(types), of_(of), key_(key), into_(into) {}

  result<void> run(flow_number flow, position last) {
    if (of_.topic) {
      auto indexed = stored_.routed();
      if (!indexed) return indexed.error();
      if (auto found = find_unindexed(*indexed, last); !found) return found;
    }
    std::optional<position> after;
    if (into_.checkpoint().has_snapshot()) after = position{into_.checkpoint().snapshot()};
    for (;;) {
      auto inbox = stored_.postings(flow, after, limits::behind_read_max);
      if (!inbox) return inbox.error();
      std::erase_if(*inbox, [&](const posting& each) { return each.at > last; });
      if (inbox->empty()) return {};
      after = inbox->back().at;
      if (auto folded = fold(*inbox); !folded) return folded;
    }
  }

 private:
  /// Emissions that the cause index does not cover yet.
  result<void> find_unindexed(position from, position last) {
    return stored_.scan(from, stored_.tail(), [&](const event_row& row) {
      v1::Envelope envelope;
      if (row.envelope.empty() ||
          !envelope.ParseFromArray(row.envelope.data(), static_cast<int>(row.envelope.size()))) {
        return true;
      }
      if (envelope.emitter() == key_.text() && envelope.cause() <= last.value) {
        unindexed_[envelope.cause()].push_back(row.at);
      }
      return true;
    });
  }

  result<std::vector<position>> emissions(position cause) {
    auto found = stored_.effects(cause);
    if (!found) return found;
    if (const auto more = unindexed_.find(cause.value); more != unindexed_.end()) {
      found->insert(found->end(), more->second.begin(), more->second.end());
    }
    std::sort(found->begin(), found->end());
    found->erase(std::unique(found->begin(), found->end()), found->end());
    return found;
  }

  result<std::shared_ptr<const window>> read(const std::vector<position>& at) {
    window_builder built{types_, at.empty() ? position{} : at.front()};
    auto read = stored_.fetch(at, [&](const event_row& row) {
      built.add(row.at, row.type, row.time, row.payload, row.envelope);
      return true;
    });
    if (!read) return read.error();
    return built.finish(at.empty() ? position{} : at.back().next());
  }

  result<void> fold(const std::vector<posting>& slice) {
    std::vector<position> at;
    at.reserve(slice.size());
    for (const auto& each : slice) at.push_back(each.at);
    auto seen = read(at);
    if (!seen) return seen.error();
    if ((*seen)->events().size() != slice.size()) {
      return error{errc::corrupt, "the inbox of " + key_.text() + " names missing events"};
    }
    for (std::size_t i = 0; i < slice.size(); ++i) {
      auto folded = fold({&(*seen)->events()[i], slice[i].starts});
      if (!folded) return folded;
    }
    return {};
  }

  /// One event with what this flow emitted because of it.
  result<void> fold(const observation& seen) {
    if (!of_.topic) return into_.replay(seen);
    auto caused = emissions(seen.what->at);
    if (!caused) return caused.error();
    auto all = read(*caused);
    if (!all) return all.error();
    std::vector<event> own;
    for (const auto& each : (*all)->events()) {
      if (each.emitter() == key_.text() && !each.due() && !each.from_schedule()) {
        own.push_back(each);
      }
    }
    return into_.replay({seen.what, seen.starts, own});
  }

  const store& stored_;
  const type_registry& types_;
  const flow_type& of_;
  const flow_key& key_;
  runner& into_;
  std::unordered_map<std::uint64_t, std::vector<position>> unindexed_;
};

}  // namespace

bool needs_replay(const v1::Checkpoint& checkpoint) {
  return checkpoint.has_position() && checkpoint.has_life() &&
         (!checkpoint.has_snapshot() || checkpoint.snapshot() < checkpoint.position());
}

result<void> recover(const store& stored, const type_registry& types, const flow_type& of,
                     const flow_entry& flow, const loaded_flow& loaded, runner& into) {
  if (auto begun = into.load(loaded.checkpoint, loaded.state); !begun) return begun;
  if (!needs_replay(loaded.checkpoint)) return {};
  return replay{stored, types, of, flow.key, into}.run(flow.number,
                                                       position{loaded.checkpoint.position()});
}

}  // namespace millrace
