// The part of verify that looks at each flow.
#include <fmt/format.h>
#include <google/protobuf/arena.h>

#include <algorithm>

#include "base/limits.hpp"
#include "flow/rules.hpp"
#include "flow/state_saver.hpp"
#include "host/verify.hpp"

namespace millrace {
namespace {

std::string shown(std::optional<position> at) {
  return at ? std::to_string(at->value) : std::string{"none"};
}

}  // namespace

result<void> verifier::check_flows() {
  result<void> failed;
  auto read = store_.flows({}, [&](const flow_row& row) {
    if (builds_.is_running(row.entry)) failed = check_flow(row);
    return failed.has_value();
  });
  if (!read) return read;
  if (!failed) return failed;
  std::vector<std::string> missing;
  for (const auto& [key, flow] : expected_) {
    if (!flow.found && flow.count > 0) missing.push_back(key);
  }
  std::sort(missing.begin(), missing.end());
  for (const auto& key : missing) {
    find("flow " + key,
         fmt::format("is not in the directory; {} events are routed to it", expected_[key].count));
  }
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

result<void> verifier::check_flow(const flow_row& row) {
  ++counts_.flows;
  const auto name = "flow " + row.entry.key.text();
  auto inbox = read_inbox(row, name);
  if (!inbox) return inbox.error();
  compare_inbox(row, *inbox, name);
  check_checkpoint(row, name);
  if (auto done = check_error(row, name); !done) return done;
  return check_state(row, name);
}

result<verifier::stored_inbox> verifier::read_inbox(const flow_row& row, const std::string& name) {
  stored_inbox made;
  const auto type = row.entry.key.type();
  const bool known = types_.table.find(type).has_value();
  const position first = first_of(type);
  while (row.latest && (!made.last || *made.last < *row.latest)) {
    auto page = store_.postings(row.entry.number, made.last, limits::behind_read_max);
    if (!page) return page.error();
    if (page->empty()) break;
    for (const auto& one : *page) {
      if (one.at > *row.latest) break;
      if (made.last && one.at <= *made.last) find(name, "its inbox is not in order");
      if (one.at < tail_ && !timeline_->has(one.at)) {
        find(name, fmt::format("its inbox names event {}, which does not exist", one.at.value));
      }
      made.last = one.at;
      ++made.count;
      const bool is_explicit = timeline_->is_explicit(one.at);
      const bool compared = one.at < cut_of(type, is_explicit) && one.at >= first;
      if (!compared || !(known || is_explicit)) continue;
      ++made.compared;
      made.sum += mixed(one.at, one.starts);
    }
    if (page->back().at > *row.latest) break;
  }
  counts_.postings += made.count;
  return made;
}

void verifier::compare_inbox(const flow_row& row, const stored_inbox& inbox,
                             const std::string& name) {
  if (inbox.last != row.latest || inbox.count != row.postings) {
    find(name, fmt::format("its inbox holds {} entries up to {}, its row says {} up to {}",
                           inbox.count, shown(inbox.last), row.postings, shown(row.latest)));
  }
  expected_flow none;
  const auto found = expected_.find(row.entry.key.text());
  auto& expected = found == expected_.end() ? none : found->second;
  expected.found = true;
  if (inbox.compared != expected.count || inbox.sum != expected.sum) {
    find(name, fmt::format("its inbox is not what routing gives: {} entries instead of {}{}",
                           inbox.compared, expected.count,
                           inbox.compared == expected.count ? ", but other ones" : ""));
  }
  const bool known = types_.table.find(row.entry.key.type()).has_value();
  if (known && expected.count > 0 && expected.born != row.entry.born) {
    find(name, fmt::format("is born at {} in the directory, at {} by routing", row.entry.born.value,
                           expected.born.value));
  }
}

void verifier::check_checkpoint(const flow_row& row, const std::string& name) {
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
  const auto expected = expected_.find(row.entry.key.text());
  const auto latest = std::max(row.latest, expected == expected_.end() ? std::optional<position>{}
                                                                       : expected->second.latest);
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
  const auto type = types_.table.find(row.entry.key.type());
  if (!type || !row.checkpoint.has_life()) return {};
  const auto* prototype = types_.table.types()[*type]->state_prototype;
  if (prototype == nullptr) return {};
  auto loaded = store_.load(row.entry.number);
  if (!loaded) return loaded.error();
  if (!*loaded) return {};
  google::protobuf::Arena arena;
  const bool is_json = (*loaded)->checkpoint.state_json();
  if (decode_state((*loaded)->state, is_json, *prototype->New(&arena))) {
    find(name, fmt::format("its state does not decode as {}", prototype->GetDescriptor()->name()));
  }
  return {};
}

}  // namespace millrace
