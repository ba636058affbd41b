#include "harness/engine_alone.hpp"

#include <thread>

#include "engine/flow_actor.hpp"
#include "engine/lane_actor.hpp"
#include "harness/basics.hpp"

namespace millrace::bench {
namespace {

/// Lets every flow be live that asks, and counts lanes that have closed.
class stub_router final : public caf::event_based_actor {
 public:
  stub_router(caf::actor_config& config, const std::vector<caf::actor>* flows,
              std::atomic<std::uint32_t>* closed)
      : caf::event_based_actor(config), flows_(*flows), closed_(*closed) {}

 protected:
  caf::behavior make_behavior() override {
    return {[this](const take_on& request) {
              tell(*this, flows_[static_cast<std::uint32_t>(request.flow)],
                   taken_on{.read_again = false, .live = true, .unwritten = {}});
            },
            [this](const lane_news& news) {
              need(news.given_up.empty(), "a lane gave a flow up");
              if (news.closed) ++closed_;
            },
            [](const fell_behind&) {}, [](const progressed&) {}, [](const flow_left&) {}};
  }

 private:
  const std::vector<caf::actor>& flows_;
  std::atomic<std::uint32_t>& closed_;
};

void pause() { std::this_thread::sleep_for(std::chrono::microseconds{100}); }

}  // namespace

result<void> forgetful_store::write(const commit_batch& batch) {
  const std::scoped_lock lock{mutex_};
  for (const auto& each : batch.checkpoints) {
    at_[static_cast<std::uint32_t>(each.flow)] = each.checkpoint.position();
  }
  return {};
}

result<std::optional<flow_row>> forgetful_store::find_flow(flow_number flow) const {
  const std::scoped_lock lock{mutex_};
  flow_row row;
  if (const auto at = at_[static_cast<std::uint32_t>(flow)]) row.checkpoint.set_position(*at);
  return std::optional{row};
}

engine_alone::engine_alone(const events_at_hand& events, flows_are kind)
    : kind_(kind),
      interest_(events.flow_types()),
      writes_(store_, events.types(), interest_, clock_,
              {.on_committed = [](const auto&) {},
               .on_ready = [this] { threads_.wake(); },
               .before_commit = {},
               .on_failed = [](const error& why) { need(false, why.message); }}),
      context_{.stored = store_,
               .writes = writes_,
               .types = events.types(),
               .interest = interest_,
               .time = clock_},
      last_(flows_count),
      places_(flows_count),
      members_(types_count) {
  got(writes_.open(0));
  initialise_messages();
  apply(config_, {.threads = 0, .testing = false});
  actors_ = std::make_unique<caf::actor_system>(config_);
  for (std::uint32_t i = 0; i < types_count; ++i) context_.meters.emplace_back(clock_.steady());
  threads_.start();
  router_ = actors_->spawn<stub_router>(&flows_, &lanes_closed_);
  if (kind_ == flows_are::actors) {
    for (std::uint32_t i = 0; i < flows_count; ++i) spawn_flow(i);
    return;
  }
  for (std::uint32_t i = 0; i < types_count; ++i) {
    shown_.push_back(std::make_shared<lane_actor::pace>());
    flows_.push_back(actors_->spawn<lane_actor>(lane_actor::start{
        .context = &context_, .router = router_, .type = i, .shown = shown_.back()}));
  }
}

engine_alone::~engine_alone() {
  for (const auto& each : flows_) kill(each);
  kill(router_);
  router_ = nullptr;
  actors_->await_all_actors_done();
  threads_.stop();
  flows_.clear();
  actors_.reset();
}

flow_entry engine_alone::entry_of(std::uint32_t number) const {
  const auto& name = interest_.types()[type_of(number)]->name;
  return {.number = flow_number{number},
          .key = flow_key{name, std::to_string(number)},
          .born = position{}};
}

void engine_alone::spawn_flow(std::uint32_t number) {
  flows_.push_back(actors_->spawn<flow_actor>(
      flow_actor::start{.context = &context_,
                        .type = interest_.types()[type_of(number)],
                        .flow = entry_of(number),
                        .gate = std::make_shared<flow_gate>(clock_.steady()),
                        .of_type = &context_.meters[type_of(number)],
                        .router = router_,
                        .fresh = true,
                        .repairs = {}}));
}

void engine_alone::begin(routed_events first) {
  push(first);
  while (in_flight() > 0) pause();
}

double engine_alone::deliver_all(std::vector<routed_events> windows) {
  return seconds_of([&] {
    for (auto& each : windows) {
      while (in_flight() >= limits::windows_max) pause();
      push(each);
    }
    if (kind_ == flows_are::in_lanes) close_lanes();
    while (context_.counted.handled < delivered_) pause();
  });
}

void engine_alone::push(routed_events& what) {
  delivered_ += what.content.entries->size();
  const auto events = what.content.events;
  const auto lease = std::make_shared<window_lease>(std::move(what.content), context_.budget);
  leases_.push_back(lease);
  if (kind_ == flows_are::in_lanes) {
    push_to_lanes(what, lease);
  } else {
    push_to_actors(what, lease, *events);
  }
}

/// As residents and their lanes do it.
void engine_alone::push_to_lanes(const routed_events& what,
                                 const std::shared_ptr<window_lease>& lease) {
  std::vector<fold_window> parts(types_count);
  for (const auto& each : what.deliveries) {
    const auto type = type_of(each.flow);
    auto& place = places_[each.flow];
    if (!place) {
      place = members_[type]++;
      parts[type].joining.push_back({.flow = entry_of(each.flow), .fresh = true});
    }
    parts[type].deliveries.push_back({*place, each.first, each.count});
  }
  for (std::uint32_t type = 0; type < types_count; ++type) {
    parts[type].lease = lease;
    tell(flows_[type], std::move(parts[type]));
  }
}

void engine_alone::push_to_actors(const routed_events& what,
                                  const std::shared_ptr<window_lease>& lease,
                                  const window& events) {
  const auto held = lease->acquire();
  for (const auto& each : what.deliveries) {
    const auto last = events.events()[(*held->entries)[each.first + each.count - 1].index()].at;
    tell(flows_[each.flow], deliver{.lease = lease,
                                    .first = each.first,
                                    .count = each.count,
                                    .previous = std::exchange(last_[each.flow], last),
                                    .last = last,
                                    .more = false});
  }
}

std::size_t engine_alone::in_flight() {
  std::erase_if(leases_, [](const auto& each) { return each.expired(); });
  return leases_.size();
}

void engine_alone::close_lanes() {
  for (const auto& each : flows_) tell(each, empty_lane{.closes = true});
  while (lanes_closed_ < types_count) pause();
}

}  // namespace millrace::bench
