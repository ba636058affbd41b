#include <fmt/format.h>
#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <deque>

#include "flow/runner.hpp"
#include "flow/state_saver.hpp"
#include "millrace/flow_test.hpp"
#include "wire/envelope_view.hpp"

namespace millrace {
namespace {

using google::protobuf::Message;

std::string show(duration time) {
  return fmt::format("{:g}s", std::chrono::duration<double>{time}.count());
}

std::string show(std::string_view type, const Message& body) {
  return fmt::format("{} {{{}}}", type, body.ShortDebugString());
}

[[noreturn]] void fail(const std::string& message) { throw flow_test_failure{message}; }

}  // namespace

struct flow_tester::parts {
  flow_type type;
  std::vector<bool> decides;  ///< which observed events have a `when`
  std::optional<runner> flow;
  flow_key key;
  timestamp now = std::chrono::sys_days{std::chrono::year{2025} / 1 / 1};
  position next;
  std::optional<std::string> failed;

  std::deque<reaction> on_its_way;  ///< decided and not arrived yet
  // What the last `when` decided and no expectation took.
  timestamp decided_at;
  bool passed_by = false;
  std::deque<reaction> emitted;
  std::vector<std::string> cancelled;
  bool done = false;

  std::size_t find_observed(const Message& body) const;
  bool settle_route(std::size_t observed, const event& what);
  envelope_view arrive(const std::string& payload, std::string_view name);
  void take(turn made, bool was_alive, bool starts);
  std::string show_emitted(const reaction& one, const Message* like) const;
  std::string show_rest() const;
};

flow_tester::flow_tester(flow_type type) : parts_(std::make_unique<parts>()) {
  parts_->type = std::move(type);
  for (const auto& one : parts_->type.observes) parts_->decides.push_back(one.has_when);
  if (!parts_->type.single) return;
  parts_->key = flow_key{parts_->type.name};
  parts_->flow.emplace(parts_->type, parts_->key);
}

flow_tester::~flow_tester() = default;

/// As the engine would deliver it, one event at a time; `given` differs in that no `when` is
/// called.
void flow_tester::observe(const Message& body, bool decide) {
  auto& own = *parts_;
  if (own.failed) fail("the flow has failed before: " + *own.failed);
  const auto observed = own.find_observed(body);
  const auto payload = encode_deterministic(body);
  const std::string_view name = own.type.observes[observed].name;
  const auto envelope = own.arrive(payload, name);
  const event what{own.next, name, own.now, payload, &body, &envelope};
  const bool starts = own.settle_route(observed, what);

  for (std::size_t i = 0; i < own.decides.size(); ++i) {
    own.type.observes[i].has_when = decide && own.decides[i];
  }
  const bool was_alive = own.flow->alive();
  const observation seen{&what, starts};
  auto made = own.flow->run({&seen, 1});
  own.next = own.next.next();
  if (made.failed) {
    own.failed = made.failed->message;
    fail(fmt::format("{} throws: {}", show(name, body), *own.failed));
  }
  own.take(std::move(made), was_alive, starts);
}

void flow_tester::advance(duration by) { parts_->now += by; }

const Message* flow_tester::state() const {
  const auto* kept = parts_->flow ? parts_->flow->state() : nullptr;
  return kept != nullptr ? kept : parts_->type.state_prototype;
}

bool flow_tester::alive() const { return parts_->flow && parts_->flow->alive(); }

void flow_tester::expect_emitted(const Message& body, std::optional<duration> after) {
  auto& own = *parts_;
  const std::string_view name = body.GetDescriptor()->name();
  const auto wanted = show(name, body) + (after ? " after " + show(*after) : std::string{});
  if (own.emitted.empty()) {
    fail(fmt::format("expected {}, but {}", wanted,
                     own.passed_by ? "the event passed the flow by: there is no living instance"
                                   : "there is no further emission"));
  }
  const reaction& first = own.emitted.front();
  std::unique_ptr<Message> emitted{body.New()};
  const bool same = first.type == name && emitted->ParseFromString(first.payload) &&
                    google::protobuf::util::MessageDifferencer::Equals(*emitted, body);
  const bool in_time = after ? first.due == own.decided_at + *after : !first.due;
  if (!same || !in_time) {
    fail(fmt::format("expected {}, but the flow emitted {}", wanted,
                     own.show_emitted(first, &body)));
  }
  own.emitted.pop_front();
}

void flow_tester::expect_cancelled(std::string_view type) {
  auto& left = parts_->cancelled;
  const auto found = std::find(left.begin(), left.end(), type);
  if (found == left.end()) fail(fmt::format("expected that timers of {} are cancelled", type));
  left.erase(found);
}

void flow_tester::expect_done() {
  if (!std::exchange(parts_->done, false)) fail("expected that the flow is done, but it goes on");
}

void flow_tester::expect_nothing_else() {
  const auto rest = parts_->show_rest();
  if (!rest.empty()) fail("expected nothing else, but there is:" + rest);
}

std::size_t flow_tester::parts::find_observed(const Message& body) const {
  const auto& wanted = *body.GetDescriptor();
  const auto observed = type.find(wanted.name());
  if (observed == type.observes.size() ||
      type.observes[observed].prototype->GetDescriptor() != &wanted) {
    fail(fmt::format("{} does not observe {}", type.name, wanted.full_name()));
  }
  return observed;
}

/// The first event decides which instance this is. True: the event may start it.
bool flow_tester::parts::settle_route(std::size_t observed, const event& what) {
  if (type.single) return true;
  const auto route = type.observes[observed].route(*what.body, what);
  if (!flow) {
    if (route.targets().empty()) fail(show(what.type, *what.body) + " is routed to nobody");
    key = flow_key{type.name, route.targets().front().id};
    flow.emplace(type, key);
  }
  for (const auto& target : route.targets()) {
    if (target.id == key.id()) return target.starts;
  }
  fail(fmt::format("{} is not routed to {}, the instance of this test", show(what.type, *what.body),
                   key.text()));
}

/// An event that the flow decided itself comes back as its own word or as the firing of its timer.
envelope_view flow_tester::parts::arrive(const std::string& payload, std::string_view name) {
  envelope_view envelope;
  const auto found = std::find_if(on_its_way.begin(), on_its_way.end(), [&](const reaction& one) {
    return one.type == name && one.payload == payload;
  });
  if (found == on_its_way.end()) return envelope;
  envelope.cause = found->cause;
  envelope.depth = found->depth;
  if (found->due) {
    envelope.from_schedule = true;
    envelope.has_timer = true;
    envelope.timer_flow = key.text();
    envelope.timer_cause = found->cause.value;
  } else {
    envelope.emitter = key.text();
    envelope.ordinal = found->ordinal;
  }
  on_its_way.erase(found);
  return envelope;
}

void flow_tester::parts::take(turn made, bool was_alive, bool starts) {
  on_its_way.insert(on_its_way.end(), made.reactions.begin(), made.reactions.end());
  decided_at = now;
  emitted.assign(std::make_move_iterator(made.reactions.begin()),
                 std::make_move_iterator(made.reactions.end()));
  cancelled.clear();
  for (auto& one : made.cancellations) {
    if (!one.type.empty()) cancelled.push_back(std::move(one.type));
  }
  done = (was_alive || starts) && !flow->alive();
  passed_by = !was_alive && !starts;
}

std::string flow_tester::parts::show_emitted(const reaction& one, const Message* like) const {
  const auto observed = type.find(one.type);
  if (observed < type.observes.size()) like = type.observes[observed].prototype;
  std::string text = one.type;
  if (like != nullptr && like->GetDescriptor()->name() == one.type) {
    std::unique_ptr<Message> body{like->New()};
    if (body->ParseFromString(one.payload)) text = show(one.type, *body);
  }
  return one.due ? text + " after " + show(*one.due - decided_at) : text;
}

std::string flow_tester::parts::show_rest() const {
  std::string rest;
  for (const auto& one : emitted) rest += "\n  " + show_emitted(one, nullptr);
  for (const auto& one : cancelled) rest += "\n  timers of " + one + " cancelled";
  if (done) rest += "\n  done";
  return rest;
}

}  // namespace millrace
