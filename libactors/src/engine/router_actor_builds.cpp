// Which build of a type is served, and what becomes of those that are not. docs/formats/builds.md
#include <fmt/format.h>

#include <algorithm>

#include "engine/router_actor.hpp"
#include "engine/switching.hpp"

namespace millrace {

/// As stored: what this host changes is shown when it is durable.
void router_actor::find_shown() {
  for (const auto& [name, row] : core_.types()) {
    if (row.served()) shown_[name.first] = name.second;
  }
  for (const auto& [name, row] : core_.types()) {
    // A reset whose end was not reached before the process ended.
    if (!row.served() || row.retired() || row.topic()) continue;
    if (auto former = formers_of_reset(row); !former.empty()) drops_.push_back({former, [] {}});
  }
  find_successors();
}

build_number router_actor::shown(std::string_view type) const {
  const auto found = shown_.find(type);
  return found == shown_.end() ? first_build : found->second;
}

/// Of each hosted name the newest version; it follows what is served, when that is another build.
void router_actor::find_successors() {
  successors_.clear();
  for (std::uint32_t type = 0; type < context_.interest.types().size(); ++type) {
    const auto& row = core_.progress(type);
    const bool is_newest = context_.interest.find(row.name()) == type;
    const bool is_due = row.topic() ? !formers_of_reset(row).empty() : !row.served();
    if (is_newest && is_due && !row.inert()) successors_.push_back({.type = type});
  }
}

/// No flow of any build is further than this, but for what it was handed since. Flows commit what
/// they handled before it is written that it was routed to them: after a crash they are ahead.
position router_actor::handled_before() const { return std::max(core_.head(), opened_at_); }

bool router_actor::awaits_switch() const { return !successors_.empty() && context_.run_flows; }

void router_actor::check_successors() {
  if (!awaits_switch() || drained_ || context_.failed) return;
  for (auto& one : successors_) {
    if (!is_ready(one)) continue;
    const auto row = core_.progress(one.type);
    row.topic() ? end_reset(row) : serve(row, [] {});
    return find_successors();
  }
}

/// It has seen all that the others have, its flows too, and may be switched to without a word.
bool router_actor::is_ready(successor& one) {
  const auto& row = core_.progress(one.type);
  const auto* served = core_.row(row.name(), shown(row.name()));
  const auto policy = context_.interest.types()[one.type]->options.on_new_version;
  const bool is_reset = served != nullptr && served->version() == row.version();
  if (policy == new_version::wait_for_switch && !is_reset) return false;
  if (one.is_blocked || row.has_error_position()) return false;
  if (!one.joined && position{row.routed()} >= handled_before()) one.joined = core_.head();
  if (!one.joined || !to_wake_.empty() || flows_.waking() > 0) return false;
  if (!flows_.have_handled(row.name(), build_of(row), *one.joined)) return false;
  if (row.topic()) {
    const auto now = context_.time.steady();
    if (writing_ || now < one.looks_after) return false;
    one.looks_after = now + std::chrono::seconds{1};
    return is_begun(row);
  }
  auto read = context_.stored.flows(row.name(), [&](const flow_row& flow) {
    one.is_blocked = flow.entry.build == build_of(row) && flow.checkpoint.has_error_position();
    return !one.is_blocked;
  });
  if (!read) context_.fail(read.error());
  return read && !one.is_blocked;
}

/// In one commit; `then` is called after it. A reset leaves nothing of the former result.
void router_actor::serve(const v1::FlowType& row, std::function<void()> then) {
  const build_name next{row.name(), build_of(row)};
  const build_name former{row.name(), shown(row.name())};
  if (const auto* served = core_.row(former.type, former.build)) {
    auto changed = *served;
    changed.set_served(false);
    core_.put(changed);
    if (auto anew = formers_of_reset(row); !anew.empty()) drops_.push_back({anew, [] {}});
  }
  auto changed = row;
  changed.set_served(true);
  core_.put(changed);
  ++serving_;
  write_then([this, next, then = std::move(then)] {
    --serving_;
    shown_[next.type] = next.build;
    then();
    on_progress();
  });
}

/// What is dropped must not be in memory, and not be shown.
void router_actor::check_drops() {
  if (context_.failed || writing_) return;
  std::erase_if(drops_, [this](drop_call& call) {
    for (const auto& each : call.builds) {
      if (shown(each.type) == each.build || flows_.expel(each.type, each.build) > 0) return false;
    }
    for (const auto& each : call.builds) core_.drop(each);
    write_then(std::move(call.then));
    return true;
  });
}

void router_actor::on_switch(const switch_call& call) {
  const auto* next = core_.running(call.type);
  if (next == nullptr || core_.row(call.type, shown(call.type)) == nullptr) {
    return (*call.answer)(error{errc::not_found, "no flow type " + call.type});
  }
  // What is routed so far is in the store first: it says how far each flow is.
  write_then([this, call] {
    const auto now = shown(call.type);
    const auto* newest = core_.running(call.type);
    if (build_of(*newest) == now) return drop_old(call);
    if (!newest->explicit_only() && position{newest->routed()} < opened_at_) {
      return (*call.answer)(
          error{errc::conflict, fmt::format("{} is not made up to {} yet, where its flows may have "
                                            "been before the restart: it is at {}",
                                            call.type, opened_at_.value, newest->routed())});
    }
    auto fits = check_caught_up(context_.stored, *core_.row(call.type, now), *newest);
    if (!fits) return (*call.answer)(fits.error());
    serve(*newest, [this, call, now] {
      find_successors();
      drop_old(call, now);
    });
  });
}

result<std::vector<build_name>> router_actor::droppable(const std::string& type) {
  std::vector<build_name> found;
  for (const auto& [name, row] : core_.types()) {
    if (name.first == type && row.retired() && !row.served()) found.push_back({type, name.second});
  }
  const auto* running = core_.running(type);
  const bool compares = running != nullptr && running->topic() && running->replaces() != 0;
  if (found.empty() || !compares) return found;
  if (is_begun(*running)) return found;
  return error{errc::conflict,
               fmt::format("{} still decides again what its former build did", type)};
}

/// After a switch, when there was one.
void router_actor::drop_old(const switch_call& call, std::optional<build_number> former) {
  const auto* served = core_.row(call.type, shown(call.type));
  const auto build = static_cast<std::uint32_t>(build_of(*served));
  switch_report report{.former = former ? static_cast<std::uint32_t>(*former) : build,
                       .served = build,
                       .version = served->version()};
  const auto answer = [done = call.answer](const switch_report& made) { (*done)(made); };
  if (!call.drop_old && former) return answer(report);
  auto old = droppable(call.type);
  if (!old) return (*call.answer)(old.error());
  if (old->empty() || !call.drop_old) {
    if (former) return answer(report);
    return (*call.answer)(nothing_to_switch(call.type));
  }
  report.dropped = old->size();
  drops_.push_back({std::move(*old), [answer, report] { answer(report); }});
  check_drops();
}

}  // namespace millrace
