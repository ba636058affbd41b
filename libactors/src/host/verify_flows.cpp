// The part of verify that looks at each flow.
#include <fmt/format.h>
#include <google/protobuf/arena.h>

#include <algorithm>

#include "base/limits.hpp"
#include "flow/rules.hpp"
#include "flow/state_saver.hpp"
#include "host/verify.hpp"
#include "millrace/envelope.pb.h"

namespace millrace {
namespace {

std::string shown(std::optional<position> at) {
  return at ? std::to_string(at->value) : std::string{"none"};
}

}  // namespace

/// As routing leaves them, written or not.
result<void> verifier::check_flows() {
  auto now = overview::of(store_, types_);
  if (!now) return now.error();
  result<void> failed;
  std::uint64_t seen = 0;
  auto read = now->flows({}, [&](const flow_view& view) {
    if (view.stored) failed = check_flow(view);
    tell(part::flows, ++seen, flows_);
    return failed.has_value();
  });
  if (!read) return read;
  if (!failed) return failed;
  for (const auto& [key, count] : timeline_->foreign()) {
    auto row = store_.find_flow(flow_key::parse(key), builds_.running(flow_key::parse(key).type()));
    if (!row) return row.error();
    if (*row) continue;
    find("flow " + key, fmt::format("is not in the directory; {} events are routed to it", count));
  }
  return check_reacted();
}

result<void> verifier::check_reacted() {
  for (const auto& [key, cause] : timeline_->reacted()) {
    const auto reacted = flow_key::parse(key);
    auto row = store_.find_flow(reacted, builds_.running(reacted.type()));
    if (!row) return row.error();
    if (!*row && !reacted_elsewhere(reacted, cause)) {
      find("flow " + key, "is not in the directory, but emitted events");
    }
  }
  return {};
}

/// It emitted them in the store that they were imported from.
bool verifier::reacted_elsewhere(const flow_key& flow, position cause) const {
  const auto type = stored_types_.find(flow.type());
  if (type == stored_types_.end()) return timeline_->is_imported(cause);
  return type->second.inert() || cause.value < type->second.since();
}

result<void> verifier::check_flow(const flow_view& view) {
  ++counts_.flows;
  const auto& row = view.row;
  const auto name = "flow " + row.entry.key.text();
  if (timeline_->is_foreign(row.entry.key.type())) {
    if (auto done = check_foreign_inbox(row, name); !done) return done;
  }
  check_checkpoint(view, name);
  if (auto done = check_error(row, name); !done) return done;
  return check_state(row, name);
}

/// What its own route() says is not known here; which events there are, and which name it, is.
result<void> verifier::check_foreign_inbox(const flow_row& row, const std::string& name) {
  auto inbox = store_.inbox(row.entry.number);
  if (!inbox) return inbox.error();
  if (!inbox->damage.empty()) find(name, inbox->damage);
  counts_.postings += inbox->postings.size();
  const position routed{stored_types_.find(row.entry.key.type())->second.routed()};
  std::vector<position> explicitly;
  auto reader = inbox->postings.read();
  for (posting one; reader.next(one) && one.at < tail_;) {
    if (!timeline_->has(one.at)) {
      find(name, fmt::format("its inbox names event {}, which does not exist", one.at.value));
    }
    if (timeline_->is_explicit(one.at) && one.at < routed) explicitly.push_back(one.at);
  }
  auto named = count_named(row.entry.key, explicitly, name);
  if (!named) return named.error();
  const auto found = timeline_->foreign().find(row.entry.key.text());
  const auto wanted = found == timeline_->foreign().end() ? 0 : found->second;
  if (*named != wanted) {
    find(name, fmt::format("its inbox has {} of the {} events that name it", *named, wanted));
  }
  return {};
}

result<std::uint64_t> verifier::count_named(const flow_key& key, const std::vector<position>& at,
                                            const std::string& name) {
  std::uint64_t count = 0;
  auto read = store_.fetch(at, [&](const event_row& row) {
    v1::Envelope envelope;
    envelope.ParseFromArray(row.envelope.data(), static_cast<int>(row.envelope.size()));
    const auto& keys = envelope.routes().keys();
    if (std::find(keys.begin(), keys.end(), key.text()) != keys.end()) {
      ++count;
    } else {
      find(name, fmt::format("event {} is in its inbox, and does not name it", row.at.value));
    }
    return true;
  });
  if (!read) return read.error();
  return count;
}

void verifier::check_checkpoint(const flow_view& view, const std::string& name) {
  const auto& row = view.row;
  const auto& checkpoint = row.checkpoint;
  const auto require = [&](bool holds, const std::string& what) {
    if (!holds) find(name, what);
  };
  const auto reacted = timeline_->reacted().find(row.entry.key.text());
  std::optional<position> reacted_to;
  if (reacted != timeline_->reacted().end() && !reacted_elsewhere(row.entry.key, reacted->second)) {
    reacted_to = reacted->second;
  }
  // Up to there a flow that was reset has reacted before.
  const bool again = reacted_to && rules::is_deciding_again(checkpoint, *reacted_to);
  if (again) reacted_to.reset();
  if (!checkpoint.has_position()) {
    require(!reacted_to, fmt::format("reacted to {}, but has no checkpoint", shown(reacted_to)));
    return;
  }
  const position at{checkpoint.position()};
  require(!reacted_to || *reacted_to <= at,
          fmt::format("reacted to {}, after its checkpoint {}", shown(reacted_to), at.value));
  require(!checkpoint.has_snapshot() || checkpoint.snapshot() <= at.value,
          "its snapshot is after its checkpoint");
  require(!checkpoint.has_life() || checkpoint.life() <= at.value,
          "its life began after its checkpoint");
  // Of a type that is not known here, what is not routed yet cannot be told.
  const auto type = stored_types_.find(row.entry.key.type());
  const bool known = types_.table.find(row.entry.key.type()).has_value();
  const bool tells = known || (type != stored_types_.end() && at.value < type->second.routed());
  if (at >= tail_ || !tells) return;
  const auto& latest = row.latest;
  require(latest && at <= *latest,
          fmt::format("its checkpoint {} is after the last event routed to it, {}", at.value,
                      shown(latest)));
}

result<void> verifier::check_error(const flow_row& row, const std::string& name) {
  const auto& checkpoint = row.checkpoint;
  if (!checkpoint.has_error_position()) return {};
  const position at{checkpoint.error_position()};
  if (checkpoint.version() == 0) return {};  // nothing ran here: it is the word of another system
  if (checkpoint.has_position() && at.value <= checkpoint.position()) {
    find(name, fmt::format("stopped on {}, which its checkpoint {} includes", at.value,
                           checkpoint.position()));
  }
  if (!row.latest || at > *row.latest) return {};  // not written yet
  const auto before =
      at == position{} ? std::optional<position>{} : std::optional{position{at.value - 1}};
  auto there = store_.postings(row.entry.number, before, 1);
  if (!there) return there.error();
  if (there->empty() || there->front().at != at) {
    find(name, fmt::format("stopped on {}, which was not routed to it", at.value));
  }
  return {};
}

result<void> verifier::check_state(const flow_row& row, const std::string& name) {
  if (!row.checkpoint.has_life()) return {};
  auto loaded = store_.load(row.entry.number);
  if (!loaded && loaded.error().code == errc::corrupt) {
    find(name, loaded.error().message);
    return {};
  }
  if (!loaded) return loaded.error();
  const auto type = types_.table.find(row.entry.key.type());
  const auto* prototype = type ? types_.table.types()[*type]->state_prototype : nullptr;
  if (!*loaded || prototype == nullptr) return {};
  google::protobuf::Arena arena;
  const bool is_json = (*loaded)->checkpoint.state_json();
  if (decode_state((*loaded)->state, is_json, *prototype->New(&arena))) {
    find(name, fmt::format("its state does not decode as {}", prototype->GetDescriptor()->name()));
  }
  return {};
}

}  // namespace millrace
