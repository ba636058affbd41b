#include "engine/window_source.hpp"

#include <algorithm>
#include <utility>

#include "base/limits.hpp"

namespace millrace {
namespace {

/// Any thread. Errors: those of the store.
result<std::shared_ptr<const window>> read_window(engine_context& context, position from,
                                                  position to, std::size_t most) {
  window_builder built{context.types, from};
  const auto expected = std::min<std::size_t>(most, to.value - from.value);
  built.reserve(expected);
  if (expected >= context.bounds.lane_window) built.decode_into(context.used_bodies.take());
  auto end = to;
  auto read = context.stored.scan(from, to, [&](const event_row& row) {
    built.add(row.at, row.type, row.time, row.payload, row.envelope);
    const bool full = built.size() >= most || built.encoded_size() >= limits::window_size_max;
    if (full) end = row.at.next();
    return !full;
  });
  if (!read) return read.error();
  return built.finish(end);
}

/// Works for one router.
class reader_actor final : public caf::event_based_actor {
 public:
  reader_actor(caf::actor_config& config, engine_context* context, caf::actor router)
      : caf::event_based_actor(config),
        context_(*context),
        life_(*context),
        router_(std::move(router)) {}

 protected:
  caf::behavior make_behavior() override {
    on_escaped_exception(*this, [&context = context_](const std::exception_ptr& thrown) {
      context.fail(broken_by(thrown));
    });
    return {[this](const read_ahead& wanted) {
      auto read = read_window(context_, wanted.from, wanted.to, context_.bounds.window);
      if (!read) return context_.fail(read.error());
      tell(*this, router_, window_read{std::move(*read)});
    }};
  }
  void on_exit() override {
    router_ = nullptr;
    life_.end();
  }

 private:
  engine_context& context_;
  life life_;
  caf::actor router_;
};

}  // namespace

void window_source::add(std::shared_ptr<const committed> what) { feed_.push_back(std::move(what)); }

std::shared_ptr<const window> window_source::at_head(position head, position tail) {
  forget_before(head);
  while (!feed_.empty() && feed_.front()->begin < head) {
    // Half of it came from the store already: the tail moves before its news arrives.
    context_.writes.feed_consumed(feed_.front()->size);
    feed_.pop_front();
  }
  if (!feed_.empty() && feed_.front()->begin == head) return of_feed();
  // A gap: the feed was full when these were committed, or they are from before the start.
  return behind(head, feed_.empty() ? tail : feed_.front()->begin);
}

void window_source::forget_before(position at) {
  while (!feed_.empty() && feed_.front()->end <= at) {
    context_.writes.feed_consumed(feed_.front()->size);
    feed_.pop_front();
  }
}

/// Large windows are for flows, which are handed all of theirs at once. Where none run, as in an
/// import, memory that was just used is worth more.
std::shared_ptr<const window> window_source::of_feed() {
  constexpr std::size_t enough = 16'384;
  const auto most =
      context_.run_flows ? context_.bounds.window : std::min(context_.bounds.window, enough);
  window_builder built{context_.types, feed_.front()->begin};
  built.reserve(feed_.front()->events.size());
  auto end = feed_.front()->begin;
  while (!feed_.empty() && feed_.front()->begin == end) {
    const auto& next = *feed_.front();
    const bool fits = built.size() + next.events.size() <= most &&
                      built.encoded_size() + next.size <= limits::window_size_max;
    if (!fits && built.size() > 0) break;
    built.hold(feed_.front());
    for (const auto& each : next.events) {
      built.add(each.at, each.type, each.time, each.payload, each.envelope);
    }
    end = next.end;
    forget_before(end);
  }
  return built.finish(end);
}

std::shared_ptr<const window> window_source::of_store(position from, position to,
                                                      std::size_t most) {
  auto read = read_window(context_, from, to, most);
  if (read) return std::move(*read);
  context_.fail(read.error());
  return nullptr;
}

/// What was read ahead is of no use when the head moved some other way meanwhile.
std::shared_ptr<const window> window_source::behind(position from, position to) {
  if (reading_ == from) return nullptr;
  auto found = std::exchange(ahead_, nullptr);
  if (!found || found->begin() != from) found = of_store(from, to, context_.bounds.window);
  if (found && found->end() < to && found->events().size() >= context_.bounds.lane_window) {
    read_ahead(found->end(), to);
  }
  return found;
}

void window_source::read_ahead(position from, position to) {
  if (reading_) return;
  if (!reader_) {
    reader_ = owner_.spawn<reader_actor>(&context_, caf::actor_cast<caf::actor>(&owner_));
  }
  reading_ = from;
  tell(owner_, reader_, millrace::read_ahead{from, to});
}

void window_source::arrived(window_read& news, position head) {
  reading_.reset();
  if (news.events->begin() == head) ahead_ = std::move(news.events);
}

void window_source::end() {
  if (reader_) kill(std::exchange(reader_, nullptr));
  ahead_.reset();
}

}  // namespace millrace
