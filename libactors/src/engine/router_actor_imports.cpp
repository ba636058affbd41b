// Histories from elsewhere: what of them only the router knows.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <span>

#include "engine/router_actor.hpp"
#include "store/builds.hpp"

namespace millrace {

/// Directory entries are there before the first checkpoint of their flows can be committed: the
/// journal keeps the order. Where no flows run, an import brings those checkpoints, or nobody; then
/// an entry and its inbox are one row, which costs half.
void router_actor::enter(const std::vector<flow_entry>& started) {
  held_entries_.insert(held_entries_.end(), started.begin(), started.end());
  const bool may_wait = !context_.run_flows && imports_ > 0;
  if (!may_wait) return write_held_entries();
  if (held_entries_.size() >= limits::held_entries_max) write();
}

void router_actor::write_held_entries() {
  const auto all = std::exchange(held_entries_, {});
  for (auto rest = std::span{all}; !rest.empty();) {
    const auto now = rest.first(std::min(rest.size(), context_.bounds.commit_rows));
    derived_commit directory;
    directory.part.flows.assign(now.begin(), now.end());
    context_.writes.submit(std::move(directory));
    rest = rest.subspan(now.size());
  }
}

/// The more events a write of an inbox is for, the less it costs each of them. An import goes for
/// the count, and so does who is far behind, or has a type that is; all of it can be routed again.
duration router_actor::unwritten_age_max() const {
  const bool imports = !context_.run_flows && imports_ > 0;
  if (!imports && !is_far_behind()) return limits::postings_age_max;
  return std::max<duration>(limits::postings_age_behind_max, core_.touched() * limits::age_of_each);
}

void router_actor::on_import(const import_call& call) {
  auto& request = *call.request;
  if (!request.checkpoints.empty()) write_held_entries();
  auto prepared = prepare(request);
  if (!prepared) return request.done(prepared.error());
  ++imports_;
  prepared->answer = std::make_shared<completion<void>>(std::move(request.done));
  const auto self = caf::actor_cast<caf::actor>(this);
  request.done = [self, ended = std::move(*prepared)](const result<void>& outcome) {
    auto news = ended;
    if (!outcome) news.failed = outcome.error();
    tell(self, std::move(news));
  };
  context_.writes.submit(std::move(request));
}

/// Rows of types that are new here, and numbers of the flows whose checkpoints come. Looks at all
/// of it before anything changes.
result<import_ended> router_actor::prepare(import_request& request) {
  import_ended made;
  std::set<std::string, std::less<>> inert;
  for (const auto& type : request.flow_types) {
    auto row = made_inert(type);
    if (!row) return row.error();
    if (!*row) continue;
    inert.insert(type);
    made.rows.push_back(std::move(**row));
  }
  for (const auto& each : request.checkpoints) {
    const auto* row = core_.running(each.key.type());
    if (inert.contains(each.key.type()) || (row != nullptr && row->inert())) continue;
    return error{errc::conflict,
                 fmt::format("the flows of {} are run by this store: the checkpoint "
                             "of {} cannot be imported",
                             each.key.type(), each.key.text())};
  }
  for (const auto& row : made.rows) {
    core_.know(row.made);
    request.rows.push_back(row.made);
  }
  std::vector<const flow_key*> keys;
  for (const auto& each : request.checkpoints) keys.push_back(&each.key);
  auto flows = core_.enlist(keys);
  if (!flows) return flows.error();
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto& flow = *(*flows)[i];
    request.checkpoints[i].flow = flow.entry.number;
    if (!flow.enlisted) continue;
    request.flows.push_back(flow.entry);
    made.enlisted.push_back(*keys[i]);
  }
  return made;
}

/// A type that has no flows here yet is inert from now on. None: it is inert already, or runs here.
result<std::optional<former_row>> router_actor::made_inert(const std::string& type) const {
  const auto* known = core_.running(type);
  if (known != nullptr && known->inert()) return std::optional<former_row>{};
  auto lives_here = has_flows(type);
  if (!lives_here) return lives_here.error();
  if (*lives_here) return std::optional<former_row>{};
  former_row row;
  if (known != nullptr) row.former = row.made = *known;
  const bool hosted_before = known != nullptr && !known->explicit_only();
  if (hosted_before && (known->has_error_position() || known->routed() < core_.head().value)) {
    return error{errc::conflict, fmt::format("{} is not routed to the end of the timeline yet: its "
                                             "history cannot be imported now",
                                             type)};
  }
  row.made.set_name(type);
  row.made.set_build(static_cast<std::uint32_t>(build_of(row.made)));
  row.made.set_served(true);
  row.made.set_inert(true);
  row.made.set_explicit_only(true);
  return std::optional{std::move(row)};
}

result<bool> router_actor::has_flows(const std::string& type) const {
  if (core_.has_flows(type)) return true;
  bool found = false;
  auto read = context_.stored.flows(type, [&](const flow_row&) {
    found = true;
    return false;
  });
  if (!read) return read.error();
  return found;
}

/// A refused import leaves no trace: its types are what they were.
void router_actor::on_import_ended(const import_ended& news) {
  --imports_;
  for (const auto& row : news.rows) {
    if (!news.failed) break;
    if (row.former) {
      core_.put(*row.former);
    } else {
      core_.take_back(row.made);
    }
  }
  for (const auto& key : news.enlisted) {
    auto flow = core_.find(key);
    if (flow && *flow != nullptr && !news.failed) (*flow)->enlisted = false;
  }
  forget();
  (*news.answer)(news.failed ? result<void>{*news.failed} : result<void>{});
}

/// Events up to its checkpoint are known to a flow: one past the tail would swallow what comes.
result<void> router_actor::check_checkpoints(const v1::FlowType& type) const {
  const auto tail = context_.writes.tail();
  result<void> fits;
  auto read = context_.stored.flows(type.name(), [&](const flow_row& row) {
    const auto& checkpoint = row.checkpoint;
    if (!checkpoint.has_position() || checkpoint.position() < tail.value) return true;
    fits = error{errc::conflict,
                 fmt::format("the checkpoint of {} is at {}, and the timeline ends at {}: import "
                             "the rest of its history first",
                             row.entry.key.text(), checkpoint.position(), tail.value)};
    return false;
  });
  return read ? fits : read;
}

void router_actor::on_adopt(const adopt_call& call) {
  const auto* known = core_.running(call.type);
  if (known == nullptr) {
    return (*call.answer)(error{errc::not_found, "no flow type " + call.type});
  }
  if (imports_ > 0) {
    return (*call.answer)(error{errc::overloaded, "an import is under way: adopt when it ended"});
  }
  if (known->inert()) {
    if (auto within = check_checkpoints(*known); !within) return (*call.answer)(within.error());
    const auto hosted = context_.interest.find(call.type);
    if (call.decided_elsewhere && hosted && known->topic()) return adopt_anew(call);
    auto row = *known;
    row.set_inert(false);
    row.set_decided_elsewhere(call.decided_elsewhere && !hosted);
    row.clear_error_position();
    row.clear_error_message();
    if (hosted) {
      // Its own route() is asked from here on.
      row.set_explicit_only(false);
      row.set_since(core_.explicitly_routed().value);
      row.set_routed(row.since());
      row.set_explicit_before(row.since());
    }
    core_.put(row);
  }
  // With the postings of all that explicit routes brought it, or a crash would lose those.
  write_then([this, answer = call.answer, row = *core_.running(call.type)] {
    (*answer)(wake_adopted(row));
  });
}

/// A topic that another store ran: it comes to its states as after a reset.
void router_actor::adopt_anew(const adopt_call& call) {
  const auto told = [answer = call.answer](const result<void>& begun) {
    (*answer)(begun ? result<std::uint64_t>{0} : result<std::uint64_t>{begun.error()});
  };
  resets_.push_back({.answer = std::make_shared<answer_to<void>>(told),
                     .type = call.type,
                     .accept_history = false,
                     .adopts = true});
  check_resets();
}

/// The events that waited for its flows are handled from now on: how many flows those are.
result<std::uint64_t> router_actor::wake_adopted(const v1::FlowType& row) {
  std::uint64_t count = 0;
  auto read = context_.stored.pending([&](const flow_row& flow) {
    const auto& entry = flow.entry;
    if (entry.key.type() != row.name() || entry.build != build_of(row)) return true;
    ++count;
    if (context_.run_flows && core_.runs(entry)) to_wake_.emplace_back(entry.key, entry.build);
    return true;
  });
  if (!read) {
    context_.fail(read.error());
    return read.error();
  }
  wake_pending();
  go_on();
  return count;
}

}  // namespace millrace
