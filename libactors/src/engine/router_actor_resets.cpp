// All flows of a type begin anew at once: in a further build, which one scan of the timeline feeds
// as it does any build that lags. docs/formats/builds.md
#include <algorithm>

#include "engine/router_actor.hpp"

namespace millrace {

void router_actor::on_type_reset(const type_reset_call& call) {
  const auto refuse = [&](errc code, std::string why) {
    (*call.answer)(error{code, std::move(why)});
  };
  if (drained_) return refuse(errc::closed, "the host is stopping");
  const auto type = context_.interest.find(call.type);
  if (!type) return refuse(errc::unknown_type, "no flow type " + call.type + " here");
  const auto& row = core_.progress(*type);
  if (row.inert()) {
    return refuse(errc::conflict, call.type + " came with an import: adopt it first");
  }
  if (row.explicit_only()) {
    return refuse(errc::conflict, "only explicit routes reach " + call.type +
                                      " so far: reset its flows one by one");
  }
  const bool is_under_way = std::any_of(resets_.begin(), resets_.end(),
                                        [&](const auto& other) { return other.type == call.type; });
  if (is_under_way) return refuse(errc::conflict, call.type + " is being reset already");
  resets_.push_back(call);
  check_resets();
}

/// A flow must not be at work in two builds. And the write that begins the new one goes ahead of
/// all that is routed to it: it must not wait behind another.
void router_actor::check_resets() {
  if (const auto failure = context_.failure_now()) {
    for (const auto& each : std::exchange(resets_, {})) (*each.answer)(*failure);
  }
  if (drained_) return;
  std::erase_if(resets_, [this](const type_reset_call& call) {
    const auto type = *context_.interest.find(call.type);
    const auto former = build_of(core_.progress(type));
    if (writing_ || flows_.expel(call.type, former) > 0) return false;
    begin_anew(type, call);
    return true;
  });
}

/// In one commit: the former build is retired with all that is routed to it, the next one is there.
void router_actor::begin_anew(std::uint32_t type, const type_reset_call& call) {
  auto former = core_.progress(type);
  const bool was_served = former.served();
  context_.recorded.forget(call.type);
  auto next = former;
  std::vector<v1::FlowType> rows;
  for (const auto& [name, row] : core_.types()) rows.push_back(row);
  next.set_build(next_build(rows, call.type));
  if (call.adopts) {
    next.set_inert(false);
    next.set_explicit_only(false);
    next.set_since(0);
    next.clear_explicit_before();
  }
  next.set_routed(first_routed(next));
  next.clear_error_position();
  next.clear_error_message();
  next.set_schema_changes(0);
  next.set_replaces(static_cast<std::uint32_t>(build_of(former)));
  next.set_accept_recorded(call.accept_history);
  next.set_served(former.topic() && was_served);
  former.set_retired(true);
  former.set_frozen_at(core_.routed_to(type).value);
  former.set_served(!former.topic() && was_served);
  core_.begin_build(type, former, next);
  find_successors();
  begins_build_ = true;
  write_then([this, next, answer = call.answer] {
    begins_build_ = false;
    if (next.served()) shown_[next.name()] = build_of(next);
    (*answer)({});
    on_progress();
  });
}

/// Whether every flow of a build has its own checkpoint: it says how far the flow only repeats what
/// was decided in the build before, which is of no use any more.
bool router_actor::is_begun(const v1::FlowType& row) {
  if (position{row.routed()} < handled_before()) return false;
  bool begun = true;
  for (const auto& [name, latest] : core_.unwritten_latest()) {
    const auto key = flow_key::parse(name.first);
    if (!begun || name.second != build_of(row) || key.type() != row.name()) continue;
    auto flow = context_.stored.find_flow(key, name.second);
    if (!flow) context_.fail(flow.error());
    begun = flow && flow->has_value() && (*flow)->checkpoint.generation() != 0;
  }
  auto read = context_.stored.flows(row.name(), [&](const flow_row& flow) {
    const bool is_new = flow.entry.build == build_of(row);
    begun = begun && !(is_new && flow.latest && flow.checkpoint.generation() == 0);
    return begun;
  });
  if (!read) context_.fail(read.error());
  return read && begun;
}

/// The builds whose flows began anew in this one, newest first.
std::vector<build_name> router_actor::formers_of_reset(const v1::FlowType& row) const {
  std::vector<build_name> found;
  const auto* next = core_.row(row.name(), build_number{row.replaces()});
  while (next != nullptr && next->version() == row.version()) {
    found.push_back({row.name(), build_of(*next)});
    next = core_.row(row.name(), build_number{next->replaces()});
  }
  return found;
}

/// A flow that the running build does not have, and one that it takes the place of has.
bool router_actor::is_yet_to_begin(const flow_key& key) const {
  const auto type = context_.interest.find(key.type());
  if (!type) return false;
  const auto formers = formers_of_reset(core_.progress(*type));
  return std::any_of(formers.begin(), formers.end(), [&](const build_name& former) {
    const auto row = context_.stored.find_flow(key, former.build);
    return row && row->has_value();
  });
}

/// Of a topic: nothing asks for its former builds any more. Nothing of them is in memory.
void router_actor::end_reset(const v1::FlowType& row) {
  for (const auto& each : formers_of_reset(row)) core_.drop(each);
  write_then([] {});
}

}  // namespace millrace
