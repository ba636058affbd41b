#include "engine/residents.hpp"

#include "base/limits.hpp"

namespace millrace {
namespace {

std::uint64_t first_after(std::optional<position> at) { return at ? at->value + 1 : 0; }

}  // namespace

residents::residents(engine_context& context, caf::event_based_actor& owner, const router& core)
    : context_(context), owner_(owner), core_(core) {
  for (const auto& type : context.interest.types()) {
    lanes_.emplace_back(context, owner, static_cast<std::uint32_t>(lanes_.size()));
    is_quick_.push_back(suits_lane(*type));
  }
}

residents::resident* residents::find_or_spawn(routed_flow& flow, bool fresh,
                                              std::optional<flow_actor::repair> repairs) {
  const auto number = flow.entry.number;
  if (const auto found = in_memory_.find(number); found != in_memory_.end()) {
    return &found->second;
  }
  if (!core_.runs(flow) || leaving(flow.entry) != nullptr) return nullptr;
  const auto& hosted = context_.interest.types()[*flow.type];
  const auto order = repairs ? std::optional{repairs->order} : std::nullopt;
  flow_actor::start start{.context = &context_,
                          .type = hosted,
                          .flow = flow.entry,
                          .gate = std::make_shared<flow_gate>(context_.time.steady()),
                          .of_type = &context_.meters[*flow.type],
                          .router = caf::actor_cast<caf::actor>(&owner_),
                          .fresh = fresh,
                          .formers = core_.formers(*flow.type),
                          .accepts_recorded = core_.progress(*flow.type).accept_recorded(),
                          .repairs = std::move(repairs)};
  resident made{.actor = {},
                .gate = start.gate,
                .flow = &flow,
                .live = true,
                .waking = false,
                .awaits = false,
                .sent = 0,
                .used = context_.time.steady(),
                .since = {}};
  if (const auto known = expected_.find(number); known != expected_.end()) {
    made.since = known->second;
  } else if (order) {
    made.since = first_to_repair(flow, *order);
  }
  made.actor = hosted->options.runs_on_own_thread && context_.own_threads
                   ? owner_.spawn<flow_actor, caf::detached>(std::move(start))
                   : owner_.spawn<flow_actor>(std::move(start));
  flow.keep = true;
  return &in_memory_.emplace(number, std::move(made)).first->second;
}

void residents::begin_window(windows_for whom, bool is_bulk) {
  whom_ = whom;
  is_bulk_ = is_bulk && !draining_ && repairs_.empty();
  holders_ = 0;
  for (auto& each : lanes_) each.begin();
}

bool residents::end_window() {
  std::size_t in_lanes = 0;
  for (std::uint32_t type = 0; type < lanes_.size(); ++type) {
    auto& each = lanes_[type];
    in_lanes += each.end() ? 1 : 0;
    const bool is_at_head = each.whom() == windows_for::lagging && whom_ == each.whom() &&
                            core_.routed_to(type) >= core_.head();
    if (is_at_head) each.close();  // others may lag for long
  }
  holders_ += in_lanes;
  return in_lanes > 0;
}

void residents::push(routed_flow& to, bool fresh, position first, deliver what) {
  if (!context_.run_flows || stopped_.contains(to.entry.number)) return;
  const bool joins = to.in_lane ? lane_of(to).is_out(to) : is_bulk_ && may_join(to, what);
  if (joins) join(to, fresh, what);
  if (to.in_lane) return lane_of(to).push(to, what);
  auto* one = find_or_spawn(to, fresh);
  if (one == nullptr) return;
  if (max_lag(to) > 0) {
    const bool had_none = !what.previous || one->gate->handled > what.previous->value;
    if (had_none || !one->since) one->since = first;
  }
  if (!one->live) return;
  one->used = context_.time.steady();
  const auto waiting = one->sent - one->gate->consumed;
  if (waiting > 0 && waiting + what.count > context_.bounds.inbox) {
    one->live = false;
    return tell(owner_, one->actor, no_room{});
  }
  if (what.more && !std::exchange(one->awaits, true)) {
    awaiting_[whom_].push_back(to.entry.number);
  }
  one->sent += what.count;
  ++holders_;
  context_.counted.delivered += what.count;
  tell(owner_, one->actor, std::move(what));
}

void residents::run_dry(windows_for whom) {
  for (auto& each : lanes_) {
    if (each.whom() == whom) each.close();
  }
  for (const auto flow : std::exchange(awaiting_[whom], {})) {
    const auto found = in_memory_.find(flow);
    if (found == in_memory_.end()) continue;
    found->second.awaits = false;
    tell(owner_, found->second.actor, ran_dry{});
  }
}

void residents::wake(routed_flow& flow) {
  const auto number = flow.entry.number;
  if (!context_.run_flows || draining_) return;
  if (flow.in_lane || stopped_.contains(number) || in_memory_.contains(number)) return;
  auto* one = find_or_spawn(flow, false);
  if (one == nullptr) return;
  one->waking = true;
  ++waking_;
}

void residents::woken(resident& one) {
  if (std::exchange(one.waking, false)) --waking_;
}

void residents::repair(routed_flow& flow, flow_actor::repair how) {
  const auto answer = how.answer;
  if (const auto failure = context_.failure_now()) return (*answer)(*failure);
  if (draining_) return (*answer)(error{errc::closed, "the host is stopping"});
  if (in_memory_.contains(flow.entry.number)) return repair_later(flow, std::move(how));
  if (flow.type && !core_.runs(flow)) {
    return (*answer)(error{errc::conflict, flow.entry.key.text() + " came with an import: adopt " +
                                               std::string{flow.entry.key.type()} + " first"});
  }
  if (leaving(flow.entry) != nullptr) {
    return (*answer)(error{errc::conflict, std::string{flow.entry.key.type()} + " is being reset"});
  }
  if (flow.in_lane) {
    if (repairs_.contains(flow.entry.number)) return refuse_repair(flow, how);
    lane_of(flow).close(&flow);
    repairs_.emplace(flow.entry.number, std::pair{&flow, std::move(how)});
    return;
  }
  stopped_.erase(flow.entry.number);
  if (auto* one = find_or_spawn(flow, false, std::move(how))) {
    one->waking = true;  // it is not where its gate says, until the repair is committed
    ++waking_;
  } else {
    (*answer)(error{errc::unknown_type, "no flow type " + std::string{flow.entry.key.type()} +
                                            " here to repair " + flow.entry.key.text()});
  }
}

void residents::refuse_repair(const routed_flow& flow, const flow_actor::repair& how) {
  (*how.answer)(error{errc::conflict, flow.entry.key.text() + " is being repaired already"});
}

void residents::refuse_repairs(const error& why) {
  for (auto& [flow, waiting] : std::exchange(repairs_, {})) (*waiting.second.answer)(why);
}

/// Its actor is there: it runs, or it has stopped and its leave is still on the way. A reset lets
/// it commit what is under way and leave.
void residents::repair_later(routed_flow& flow, flow_actor::repair how) {
  if (repairs_.contains(flow.entry.number)) return refuse_repair(flow, how);
  if (how.order.what == repair_order::kind::reset) {
    tell(owner_, in_memory_.at(flow.entry.number).actor, drain{});
    repairs_.emplace(flow.entry.number, std::pair{&flow, std::move(how)});
    return;
  }
  auto row = context_.stored.find_flow(flow.entry.number);
  const bool stopped = row && row->has_value() && (*row)->checkpoint.has_error_position();
  if (stopped) {
    repairs_.emplace(flow.entry.number, std::pair{&flow, std::move(how)});
  } else {
    (*how.answer)(error{errc::conflict, flow.entry.key.text() + " is not stopped"});
  }
}

/// The flow has handled what the store held after its checkpoint, as far as it saw.
void residents::on_take_on(const take_on& request) {
  const auto found = in_memory_.find(request.flow);
  if (found == in_memory_.end() || found->second.actor != request.asker) return;
  auto& one = found->second;
  woken(one);
  const auto& flow = *one.flow;
  if (flow.replacing) return held_.push_back(request);
  if (flow.written && (!request.after || *request.after < *flow.written)) {
    return tell(owner_, one.actor, taken_on{.read_again = true, .live = false, .unwritten = {}});
  }
  taken_on answer{.read_again = false, .live = true, .unwritten = {}};
  flow.unwritten.each([&](posting each) {
    if (request.after && each.at <= *request.after) return true;
    answer.live = answer.unwritten.size() < context_.bounds.behind_read;
    if (answer.live) answer.unwritten.push_back(each);
    return answer.live;
  });
  one.live = answer.live;
  one.used = context_.time.steady();
  tell(owner_, one.actor, std::move(answer));
}

bool residents::on_replaced(routed_flow& flow) {
  if (flow.in_lane) {
    lane_of(flow).close(&flow);
    return true;
  }
  const auto found = in_memory_.find(flow.entry.number);
  if (found == in_memory_.end()) return false;
  found->second.live = false;
  tell(owner_, found->second.actor, inbox_replaced{});
  return true;
}

void residents::answer_held() {
  for (const auto& each : std::exchange(held_, {})) on_take_on(each);
}

void residents::on_progressed(flow_number flow) {
  const auto found = in_memory_.find(flow);
  if (found != in_memory_.end()) woken(found->second);
}

void residents::on_fell_behind(flow_number flow) {
  const auto found = in_memory_.find(flow);
  if (found != in_memory_.end()) found->second.live = false;
}

void residents::on_left(const flow_left& news) {
  const auto found = in_memory_.find(news.flow);
  if (found == in_memory_.end()) return;
  if (news.stopped) stopped_.insert(news.flow);
  erase(found);
  repair_waiting(news.flow);
}

void residents::repair_waiting(flow_number flow) {
  if (auto waiting = repairs_.extract(flow)) {
    auto& [which, how] = waiting.mapped();
    repair(*which, std::move(how));
  }
}

void residents::erase(std::unordered_map<flow_number, resident>::iterator at) {
  woken(at->second);
  if (auto* left = leaving(at->second.flow->entry)) --*left;
  at->second.flow->keep = false;
  at->second.flow->given_up = false;
  tell(owner_, at->second.actor, unload{});
  in_memory_.erase(at);
}

bool residents::settled(const resident& one) {
  return one.gate->handled >= first_after(one.flow->latest) && one.sent == one.gate->consumed;
}

void residents::sweep(timestamp now) {
  const bool crowded = in_memory_.size() > context_.bounds.resident_flows;
  if (!crowded && now - swept_ < limits::idle_unload / 8) return;
  swept_ = now;
  for (auto at = in_memory_.begin(); at != in_memory_.end();) {
    const auto here = at++;
    const auto& one = here->second;
    const bool idle = crowded || now - one.used > limits::idle_unload;
    if (idle && one.live && settled(one) && !repairs_.contains(here->first)) erase(here);
  }
}

bool residents::all_settled() {
  if (!lanes_are_empty()) return false;
  if (last_unsettled_) {
    const auto found = in_memory_.find(*last_unsettled_);
    if (found != in_memory_.end() && !settled(found->second)) return false;
  }
  for (const auto& [number, one] : in_memory_) {
    if (settled(one)) continue;
    last_unsettled_ = number;
    return false;
  }
  last_unsettled_.reset();
  return true;
}

const routed_flow* residents::find(flow_number flow) const {
  const auto found = in_memory_.find(flow);
  return found == in_memory_.end() ? nullptr : found->second.flow;
}

bool residents::have_handled(std::string_view type, build_number build, position end) {
  for (const auto version : context_.interest.versions(type)) {
    if (!lanes_[version].is_empty()) return false;
  }
  const auto is_behind = [&](const resident& one) {
    const auto& entry = one.flow->entry;
    const auto handled = one.gate->handled.load();
    return entry.build == build && entry.key.type() == type && handled < end.value &&
           handled < first_after(one.flow->latest);
  };
  if (last_behind_) {
    const auto found = in_memory_.find(*last_behind_);
    if (found != in_memory_.end() && is_behind(found->second)) return false;
  }
  last_behind_.reset();
  for (const auto& [number, one] : in_memory_) {
    if (!is_behind(one)) continue;
    last_behind_ = number;
    return false;
  }
  return true;
}

std::size_t residents::expel(std::string_view type, build_number build) {
  const auto [known, is_new] = leaving_.emplace(std::pair{std::string{type}, build}, 0);
  const auto in_lanes = close_lanes(type);
  if (!is_new) return known->second + in_lanes;
  for (auto& [number, one] : in_memory_) {
    const auto& entry = one.flow->entry;
    if (entry.build != build || entry.key.type() != type) continue;
    ++known->second;
    tell(owner_, one.actor, drain{});
  }
  return known->second + in_lanes;
}

std::size_t* residents::leaving(const flow_entry& flow) {
  if (leaving_.empty()) return nullptr;
  const auto found = leaving_.find({std::string{flow.key.type()}, flow.build});
  return found == leaving_.end() ? nullptr : &found->second;
}

result<std::optional<bool>> residents::has_handled(const routed_flow& flow, position at) {
  const auto found = in_memory_.find(flow.entry.number);
  const auto* gate = found == in_memory_.end() ? nullptr : found->second.gate.get();
  if (gate != nullptr && gate->handled > at.value) return std::optional{true};
  auto row = context_.stored.find_flow(flow.entry.number);
  if (!row) return row.error();
  if (!row->has_value()) return std::optional{false};
  if (gate != nullptr && gate->committing) return std::optional{false};  // it will tell
  const auto& checkpoint = (*row)->checkpoint;
  if (checkpoint.has_position() && checkpoint.position() >= at.value) return std::optional{true};
  if (checkpoint.has_error_position()) return std::optional<bool>{};
  return std::optional{false};
}

void residents::watch(flow_number flow) {
  const auto found = in_memory_.find(flow);
  if (found != in_memory_.end()) found->second.gate->watched = true;
}

std::optional<flow_load> residents::load(flow_number flow) const {
  const auto found = in_memory_.find(flow);
  if (found == in_memory_.end()) return std::nullopt;
  const auto& one = found->second;
  return flow_load{one.gate->meter.look(context_.time.steady()), one.sent - one.gate->consumed};
}

void residents::drain_all() {
  draining_ = true;
  close_lanes();
  for (auto& [number, one] : in_memory_) tell(owner_, one.actor, drain{});
}

void residents::kill_all() {
  for (auto& [number, one] : in_memory_) kill(one.actor);
  for (auto& each : lanes_) each.kill_actor();
  in_memory_.clear();
  repairs_.clear();
  held_.clear();
}

}  // namespace millrace
