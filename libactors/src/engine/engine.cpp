#include "engine/engine.hpp"

#include <caf/scheduler/test_coordinator.hpp>

#include <algorithm>
#include <random>
#include <thread>

#include "base/limits.hpp"
#include "engine/context.hpp"
#include "engine/flow_types.hpp"
#include "engine/journal_threads.hpp"
#include "engine/router_actor.hpp"
#include "engine/schedule_actor.hpp"
#include "engine/subscriber_actor.hpp"

namespace millrace {
namespace {

/// Drives the journal in virtual time, where it may have no thread. What was written is flushed and
/// answered a step later, so that others run in between, as they do beside threads.
class work_actor final : public caf::event_based_actor {
 public:
  work_actor(caf::actor_config& config, engine_context* context, journal* driven)
      : caf::event_based_actor(config), driven_(*driven), life_(*context) {}

 protected:
  caf::behavior make_behavior() override {
    return {[this](work) {
      driven_.settle();
      const auto outcome = driven_.write();
      if (outcome == journal::worked::disk_full) {
        tell_self_after(*this, limits::full_disk_retry, work{});
      } else if (outcome != journal::worked::failed && !driven_.idle()) {
        tell(*this, caf::actor_cast<caf::actor>(this), work{});
      }
      while (driven_.maintain()) {
      }
    }};
  }
  void on_exit() override { life_.end(); }

 private:
  journal& driven_;
  life life_;
};

/// CAF's own default is four on a machine of two cores, where they are in each other's way. With
/// two a handler that takes long does not hold up the router.
std::size_t threads_of(std::size_t wanted) {
  return wanted != 0 ? wanted : std::max(2u, std::thread::hardware_concurrency());
}

template <class T>
std::shared_ptr<answer_to<T>> shared(engine_answer<T> answer) {
  return std::make_shared<answer_to<T>>(std::move(answer));
}

}  // namespace

struct engine::inside {
  explicit inside(engine_parts from)
      : parts(std::move(from)),
        writes(parts.stored, parts.types, parts.interest, parts.time, listen(),
               parts.bounds.commit_rows),
        context{.stored = parts.stored,
                .writes = writes,
                .types = parts.types,
                .interest = parts.interest,
                .time = parts.time,
                .run_flows = parts.run_flows,
                .bounds = parts.bounds} {
    for (std::size_t i = 0; i < parts.interest.types().size(); ++i) {
      context.meters.emplace_back(parts.time.steady());
    }
  }

  journal::listeners listen() {
    return {.on_committed = [this](const std::shared_ptr<const committed>& news) { publish(news); },
            .on_ready = [this] { wake_journal(); },
            .before_commit = parts.before_commit,
            .on_failed = [this](const error& why) { context.fail(why); },
            .on_written = [this](const commit_batch& written,
                                 const commit_times& took) { watchers->tell(written, took); }};
  }
  void publish(const std::shared_ptr<const committed>& news) {
    if (timers && (!news->scheduled.empty() || !news->unscheduled.empty())) {
      ++context.timer_changes;
      tell(timers, timers_changed{news});
    }
    tell(router, committed_news{news});
  }
  void wake_journal() {
    if (worker) {
      tell(worker, work{});
    } else {
      threads.wake();
    }
  }

  result<void> start(caf::actor_system& in, bool virtual_time);
  void end_actors();
  void run_until_ended();

  engine_parts parts;
  std::shared_ptr<commit_watchers> watchers = std::make_shared<commit_watchers>();
  // The actor system outlives the journal: what is queued there may hold the last handle of an
  // actor on a thread of its own, and the system waits for such threads.
  caf::actor_system_config config;
  std::unique_ptr<caf::actor_system> own;
  journal writes;
  engine_context context;
  journal_threads threads{writes};
  caf::actor_system* actors = nullptr;
  caf::scheduler::test_coordinator* steps = nullptr;
  std::mt19937_64 choose;
  bool shuffled = false;
  bool stopped = false;
  std::shared_ptr<subscriber_list> subscribers = std::make_shared<subscriber_list>();
  caf::actor worker;  // in virtual time
  caf::actor router;
  caf::actor timers;
};

result<void> engine::inside::start(caf::actor_system& in, bool virtual_time) {
  actors = &in;
  auto known = reconcile(parts.stored, parts.interest, parts.stored.tail());
  if (!known) return known.error();
  if (!known->changed.empty()) {
    commit_batch batch;
    batch.flow_types = known->changed;
    if (auto written = parts.stored.commit(batch); !written) return written;
  }
  auto routed = parts.stored.routed();
  if (!routed) return routed.error();
  auto next_number = parts.stored.flow_count();
  if (!next_number) return next_number.error();
  if (auto opened = writes.open(*next_number); !opened) return opened;

  context.own_threads = !virtual_time;
  if (!parts.run_flows) context.timer_changes_settled = context.timer_changes.load();
  if (virtual_time) worker = in.spawn<work_actor>(&context, &writes);
  router = in.spawn<router_actor>(
      router_actor::start{.context = &context,
                          .from = {.types = std::move(known->all),
                                   .routed = *routed,
                                   .next_number = *next_number,
                                   .directory_is_empty = *next_number == 0}});
  context.watch_failure([to = router] { tell(to, timers_settled{}); });  // it looks at its waiters
  if (parts.run_flows) {
    timers = in.spawn<schedule_actor>(schedule_actor::start{.context = &context, .router = router});
  }
  if (!virtual_time) threads.start();
  return {};
}

/// After this no actor of the engine runs any more.
void engine::inside::end_actors() {
  for (auto* actor : {&timers, &router, &worker}) {
    if (*actor) kill(*actor);
  }
  subscribers->kill_all();
  run_until_ended();
  timers = router = worker = nullptr;
  context.budget->on_room = [] {};
  context.on_failure = [] {};
}

void engine::inside::run_until_ended() {
  while (context.actors > 0) {
    if (steps == nullptr) {
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    } else if (!steps->try_run_once()) {
      break;
    }
  }
}

engine::engine(std::unique_ptr<inside> content) : inside_(std::move(content)) {}

engine::~engine() { stop(); }

result<std::unique_ptr<engine>> engine::open(engine_parts parts) {
  initialise_messages();
  auto made = std::make_unique<inside>(std::move(parts));
  auto* system = made->parts.actors;
  if (system == nullptr) {
    apply(made->config, {.threads = threads_of(made->parts.worker_threads), .testing = false});
    made->own = std::make_unique<caf::actor_system>(made->config);
    system = made->own.get();
  }
  if (auto started = made->start(*system, false); !started) return started.error();
  return std::unique_ptr<engine>{new engine{std::move(made)}};
}

result<std::unique_ptr<engine>> engine::open_virtual(engine_parts parts, std::uint64_t seed) {
  initialise_messages();
  auto made = std::make_unique<inside>(std::move(parts));
  apply(made->config, {.threads = 1, .testing = true});
  made->own = std::make_unique<caf::actor_system>(made->config);
  made->steps = dynamic_cast<caf::scheduler::test_coordinator*>(&made->own->scheduler());
  made->choose.seed(seed);
  made->shuffled = seed != 0;
  if (auto started = made->start(*made->own, true); !started) return started.error();
  return std::unique_ptr<engine>{new engine{std::move(made)}};
}

bool engine::step() {
  auto& jobs = inside_->steps->jobs;
  if (jobs.empty()) return false;
  if (inside_->shuffled) {
    std::swap(jobs.front(), jobs[inside_->choose() % jobs.size()]);
  }
  inside_->steps->run_once();
  return true;
}

std::optional<duration> engine::next_timeout() const {
  const auto& clock = inside_->steps->clock();
  if (clock.schedule().empty()) return std::nullopt;
  return std::chrono::ceil<duration>(clock.schedule().begin()->first - clock.current_time);
}

void engine::advance(duration by) { inside_->steps->advance_time(by); }

void engine::append(append_request request) {
  if (request.condition.flow_latest) {
    if (!inside_->writes.admit(request)) return;
    tell(inside_->router,
         conditional_append_call{std::make_shared<append_request>(std::move(request))});
  } else {
    inside_->writes.submit(std::move(request));
  }
}

void engine::wait(position at, std::weak_ptr<const void> caller, engine_answer<void> answer) {
  tell(inside_->router, wait_call{shared<void>(std::move(answer)), std::move(caller), at});
}

void engine::when_caught_up(std::weak_ptr<const void> caller, engine_answer<void> answer) {
  tell(inside_->router, caught_up_call{shared<void>(std::move(answer)), std::move(caller)});
}

void engine::unwritten(engine_answer<engine_unwritten> answer) {
  tell(inside_->router, unwritten_call{shared<unwritten_flows>(std::move(answer))});
}

void engine::inspect(const flow_key& key, engine_answer<engine_inspection> answer) {
  tell(inside_->router, inspect_call{shared<engine_inspection>(std::move(answer)), key});
}

void engine::write_derived(const built_flow& flow, position through, engine_answer<void> answer) {
  tell(inside_->router, write_call{shared<void>(std::move(answer)), flow.key, flow.build, through});
}

void engine::statistics(std::optional<flow_key> key,
                        engine_answer<std::optional<flow_activity>> answer) {
  tell(inside_->router,
       statistics_call{shared<std::optional<flow_activity>>(std::move(answer)), std::move(key)});
}

void engine::loads(std::vector<flow_number> flows, engine_answer<engine_loads> answer) {
  tell(inside_->router, loads_call{shared<engine_loads>(std::move(answer)), std::move(flows)});
}

subscription engine::watch_commits(commit_watcher watcher) {
  const auto list = inside_->watchers;
  const auto which = list->add(std::move(watcher));
  return subscription{[list, which] { list->end(which); }};
}

void engine::watch_batches(batch_watcher watcher) {
  auto& context = inside_->context;
  context.batch_watchers.push_back(std::move(watcher));
  const auto& newest = context.batch_watchers.back();
  context.watches_batches.store(newest ? &newest : nullptr, std::memory_order_release);
}

const std::deque<flow_meter>& engine::meters() const { return inside_->context.meters; }

void engine::mend(std::shared_ptr<mend_request> request, engine_answer<mend_outcome> answer) {
  tell(inside_->router, mend_call{shared<mend_outcome>(std::move(answer)), std::move(request)});
}

void engine::repair(const flow_key& key, repair_order order, engine_answer<void> answer) {
  tell(inside_->router, repair_call{shared<void>(std::move(answer)), key, order});
}

void engine::commit_elsewhere(flow_commit request) {
  tell(inside_->router, foreign_call{std::make_shared<flow_commit>(std::move(request))});
}

void engine::import(import_request request) {
  tell(inside_->router, import_call{std::make_shared<import_request>(std::move(request))});
}

void engine::adopt(const std::string& type, bool decided_elsewhere,
                   engine_answer<std::uint64_t> answer) {
  tell(inside_->router,
       adopt_call{shared<std::uint64_t>(std::move(answer)), type, decided_elsewhere});
}

void engine::free_timers(timers_request request) { inside_->writes.submit(std::move(request)); }

void engine::switch_type(const std::string& type, bool drop_old,
                         engine_answer<switch_report> answer) {
  tell(inside_->router, switch_call{shared<switch_report>(std::move(answer)), type, drop_old});
}

void engine::reset_type(const std::string& type, bool accept_history, engine_answer<void> answer) {
  tell(inside_->router, type_reset_call{shared<void>(std::move(answer)), type, accept_history});
}

void engine::agree_on_lag(std::vector<std::uint64_t> by_type, engine_answer<void> answer) {
  tell(inside_->router, lag_call{shared<void>(std::move(answer)), std::move(by_type)});
}

subscription engine::subscribe(subscription_options options, host::event_handler handler) {
  auto target = std::make_shared<subscription_target>(std::move(handler));
  const auto actor = inside_->actors->spawn<subscriber_actor>(
      subscriber_actor::start{&inside_->context, inside_->router, std::move(options), target});
  const auto list = inside_->subscribers;
  const auto which = list->add(actor);
  return subscription{[target, list, which] {
    target->cancel();
    list->end(which);
  }};
}

position engine::tail() const { return inside_->writes.tail(); }

host_counters engine::counters() const {
  const auto reads = inside_->parts.stored.reads();
  const auto& counted = inside_->context.counted;
  return {.appended = inside_->writes.counted().events,
          .commits = inside_->writes.counted().commits,
          .timeline_reads = reads.events,
          .posting_reads = reads.postings,
          .routed = counted.routed,
          .delivered = counted.delivered,
          .handled = counted.handled};
}

bool engine::is_held() const { return inside_->writes.is_held(); }

std::optional<position> engine::admitted_until() const {
  const auto until = inside_->writes.admitted_until();
  return until == unplaced ? std::nullopt : std::optional{until};
}

std::optional<error> engine::failure() const { return inside_->context.failure_now(); }

void engine::drain(engine_answer<void> answer) {
  inside_->writes.refuse_appends();
  tell(inside_->router, drain_call{shared<void>(std::move(answer))});
}

void engine::stop() {
  if (std::exchange(inside_->stopped, true)) return;
  inside_->writes.refuse_appends();
  if (inside_->steps != nullptr) {
    while (step()) {
    }
  }
  inside_->threads.stop();
  inside_->end_actors();
}

void engine::crash() {
  inside_->stopped = true;
  inside_->end_actors();
}

}  // namespace millrace
