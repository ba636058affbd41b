// How many deliveries a second do the actors bear, with no store behind them?
//
// Workload: 20,000 counting flows in memory; events that are routed already, to three flows each;
// windows of 64k, 256k and 512k events, three of them under way. Every window is cut into one
// delivery for each flow it touches. The flows are the engine's own actors: each delivery is run,
// comes to a checkpoint, and is committed by the journal to a store that keeps nothing but the
// positions of checkpoints. No baseline; the goal is what the best C++ stream library does in the
// same shape, without commits, and a tenth more.
// `run only`: the same with actors that run the handlers and commit nothing: what messages, windows
// and handlers cost by themselves.
//
//   bench_deliveries [--full]     1,048,576 events; 4,194,304
#include <fmt/format.h>

#include <thread>

#include "engine/caf_shim.hpp"
#include "engine/context.hpp"
#include "engine/flow_actor.hpp"
#include "engine/journal_thread.hpp"
#include "harness/basics.hpp"
#include "harness/report.hpp"
#include "harness/store_over.hpp"
#include "messages.pb.h"
#include "store/memory_store.hpp"

namespace {

using namespace millrace;
using namespace millrace::bench;

constexpr std::uint32_t flows_count = 20'000;
constexpr std::uint32_t per_event = 3;

struct counting {
  static constexpr std::string_view name = "Counting";
  using observes = events<Moved>;
  static millrace::route route(const Moved& e) { return starts(e.item()); }
  void given(const Moved&) { state.set_count(state.count() + 1); }
  Moves state;
};

/// Takes commits and keeps of them where each flow is: the journal asks for that.
class forgetful_store final : public store_over {
 public:
  forgetful_store() : store_over(nothing_), at_(flows_count) {}
  result<void> commit(const commit_batch& batch) override {
    const std::scoped_lock lock{mutex_};
    for (const auto& each : batch.checkpoints) {
      at_[static_cast<std::uint32_t>(each.flow)] = each.checkpoint.position();
    }
    return {};
  }
  using store_over::find_flow;
  result<std::optional<flow_row>> find_flow(flow_number flow) const override {
    const std::scoped_lock lock{mutex_};
    flow_row row;
    if (const auto at = at_[static_cast<std::uint32_t>(flow)]) row.checkpoint.set_position(*at);
    return std::optional{row};
  }

 private:
  memory_store nothing_;
  mutable std::mutex mutex_;
  std::vector<std::optional<std::uint64_t>> at_;
};

/// Takes the place of the router: lets every flow be live that asks.
class stub_router final : public caf::event_based_actor {
 public:
  stub_router(caf::actor_config& config, const std::vector<caf::actor>* flows)
      : caf::event_based_actor(config), flows_(*flows) {}

 protected:
  caf::behavior make_behavior() override {
    return {[this](const take_on& request) {
              tell(*this, flows_[static_cast<std::uint32_t>(request.flow)],
                   taken_on{.read_again = false, .live = true, .unwritten = {}});
            },
            [](const fell_behind&) {}, [](const progressed&) {}, [](const flow_left&) {}};
  }

 private:
  const std::vector<caf::actor>& flows_;
};

/// Runs what it gets, and that is all.
class run_only final : public caf::event_based_actor {
 public:
  run_only(caf::actor_config& config, engine_context* context,
           std::shared_ptr<const flow_type> type, flow_key key)
      : caf::event_based_actor(config),
        context_(*context),
        type_(std::move(type)),
        runner_(*type_, std::move(key)) {}

 protected:
  caf::behavior make_behavior() override {
    return {[this](deliver& one) {
              const auto held = one.lease->acquire();
              std::vector<observation> seen;
              for (std::uint32_t i = 0; i < one.count; ++i) {
                const auto& entry = held->entries[one.first + i];
                seen.push_back({&held->events->events()[entry.index], entry.starts});
              }
              context_.counted.handled += runner_.run(seen).handled;
            },
            [this](unload) { quit(); }};
  }

 private:
  engine_context& context_;
  std::shared_ptr<const flow_type> type_;
  runner runner_;
};

/// A window, and where each flow's entries begin in it.
struct routed_events {
  window_lease::content content;
  std::vector<std::uint32_t> begins;  ///< by flow; one more than there are flows
};

class events_at_hand {
 public:
  events_at_hand() { got(types_.add(describe<counting>())); }
  [[nodiscard]] const type_registry& types() const { return types_; }

  routed_events make(std::uint64_t first, std::uint32_t count) const {
    window_builder built{types_, position{first}};
    for (std::uint32_t i = 0; i < count; ++i) {
      built.add(position{first + i}, "Moved", timestamp{}, {}, {});
    }
    const auto flow_of = [&](std::uint64_t at, std::uint32_t nth) {
      const auto mixed = (per_event * at + nth + 1) * 0x9e3779b97f4a7c15u;
      return static_cast<std::uint32_t>((mixed >> 32) % flows_count);
    };
    routed_events made{{built.finish(position{first + count}), {}}, {}};
    made.begins.assign(flows_count + 1, 0);
    for (std::uint32_t i = 0; i < count; ++i) {
      for (std::uint32_t n = 0; n < per_event; ++n) ++made.begins[flow_of(first + i, n) + 1];
    }
    for (std::uint32_t i = 0; i < flows_count; ++i) made.begins[i + 1] += made.begins[i];
    made.content.entries.resize(std::size_t{count} * per_event);
    auto next = made.begins;
    for (std::uint32_t i = 0; i < count; ++i) {
      for (std::uint32_t n = 0; n < per_event; ++n) {
        made.content.entries[next[flow_of(first + i, n)]++] = {i, true};
      }
    }
    return made;
  }

 private:
  type_registry types_;
};

enum class flows_are { whole, run_only };

/// The actors and what they need, without a router.
class engine_without_router {
 public:
  engine_without_router(const type_registry& types, flows_are kind)
      : type_(std::make_shared<const flow_type>(describe<counting>())),
        interest_({type_}),
        writes_(store_, types, interest_, clock_,
                {.on_committed = [](const auto&) {},
                 .on_ready = [this] { thread_.wake(); },
                 .before_commit = {},
                 .on_failed = [](const error& why) { need(false, why.message); }}),
        context_{.stored = store_,
                 .writes = writes_,
                 .types = types,
                 .interest = interest_,
                 .time = clock_} {
    got(writes_.open(0));
    initialise_messages();
    apply(config_, {.threads = 0, .testing = false});
    actors_ = std::make_unique<caf::actor_system>(config_);
    context_.meters.emplace_back(clock_.steady());
    thread_.start(writes_);
    router_ = actors_->spawn<stub_router>(&flows_);
    for (std::uint32_t i = 0; i < flows_count; ++i) spawn(i, kind);
  }
  ~engine_without_router() {
    for (const auto& each : flows_) kill(each);
    kill(router_);
    router_ = nullptr;
    actors_->await_all_actors_done();
    thread_.stop();
    flows_.clear();
    actors_.reset();
  }

  /// Seconds until all of it is handled.
  double deliver_all(std::vector<routed_events> windows) {
    std::uint64_t wanted = context_.counted.handled;
    return seconds_of([&] {
      for (auto& each : windows) {
        wanted += each.content.entries.size();
        while (in_flight() >= limits::windows_max) pause();
        push(each);
      }
      while (context_.counted.handled < wanted) pause();
    });
  }

 private:
  void spawn(std::uint32_t number, flows_are kind) {
    flow_entry entry{.number = flow_number{number},
                     .key = flow_key{"Counting", std::to_string(number)},
                     .born = position{}};
    if (kind == flows_are::run_only) {
      flows_.push_back(actors_->spawn<run_only>(&context_, type_, entry.key));
      return;
    }
    flows_.push_back(actors_->spawn<flow_actor>(
        flow_actor::start{.context = &context_,
                          .type = type_,
                          .flow = std::move(entry),
                          .gate = std::make_shared<flow_gate>(clock_.steady()),
                          .of_type = &context_.meters.front(),
                          .router = router_,
                          .fresh = true,
                          .repairs = {}}));
  }
  void push(routed_events& what) {
    const auto events = what.content.events;
    auto lease = std::make_shared<window_lease>(std::move(what.content), context_.budget);
    leases_.push_back(lease);
    const auto held = lease->acquire();
    last_.resize(flows_count);
    for (std::uint32_t i = 0; i < flows_count; ++i) {
      const auto first = what.begins[i];
      const auto count = what.begins[i + 1] - first;
      if (count == 0) continue;
      const auto last = events->events()[held->entries[first + count - 1].index].at;
      tell(flows_[i], deliver{.lease = lease,
                              .first = first,
                              .count = count,
                              .previous = std::exchange(last_[i], last),
                              .last = last,
                              .more = false});
    }
  }
  std::size_t in_flight() {
    std::erase_if(leases_, [](const auto& each) { return each.expired(); });
    return leases_.size();
  }
  static void pause() { std::this_thread::sleep_for(std::chrono::microseconds{100}); }

  std::shared_ptr<const flow_type> type_;
  interest_table interest_;
  system_clock clock_;
  forgetful_store store_;
  journal writes_;
  engine_context context_;
  journal_thread thread_;
  caf::actor_system_config config_;
  std::unique_ptr<caf::actor_system> actors_;
  std::vector<caf::actor> flows_;
  caf::actor router_;
  std::vector<std::weak_ptr<window_lease>> leases_;
  std::vector<std::optional<position>> last_;
};

void ask(report& to, std::uint32_t window_size, flows_are kind, row& found) {
  const events_at_hand events;
  const auto total = to.asked().events_or(1u << 20, 1u << 22);
  for (int round = 0; round < to.asked().rounds_or(3, 5); ++round) {
    engine_without_router actors{events.types(), kind};
    std::uint64_t next = 0;
    const auto windows = [&](std::uint64_t count) {
      std::vector<routed_events> made;
      for (std::uint64_t i = 0; i < count; ++i, next += window_size) {
        made.push_back(events.make(next, window_size));
      }
      return made;
    };
    actors.deliver_all(windows(1));  // every flow is live then
    const auto count = std::max<std::uint64_t>(3, total / window_size);
    const auto deliveries = static_cast<double>(count * window_size * per_event);
    found.ours.push_back(deliveries / 1e6 / actors.deliver_all(windows(count)));
  }
  found.note = fmt::format("{} flows, 3 deliveries an event", flows_count);
}

}  // namespace

int main(int argc, char** argv) {
  report to{"deliveries", argc, argv};
  for (const std::uint32_t size : {64u, 256u, 512u}) {
    row whole{fmt::format("deliveries, windows of {}k", size), "million/s", {}, {}, {}, {}};
    if (size == 256) whole.goal = std::pair{wanted::at_least, 30};
    ask(to, size << 10, flows_are::whole, whole);
    to.add(std::move(whole));
    row run{fmt::format("deliveries, run only, {}k", size), "million/s", {}, {}, {}, {}};
    ask(to, size << 10, flows_are::run_only, run);
    to.add(std::move(run));
  }
}
