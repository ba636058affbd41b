#include "engine/subscriber_actor.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "wire/window.hpp"

namespace millrace {

subscriber_actor::subscriber_actor(caf::actor_config& config, start from)
    : caf::event_based_actor(config),
      context_(*from.context),
      router_(std::move(from.router)),
      wanted_(std::move(from.wanted)),
      target_(std::move(from.target)) {}

caf::behavior subscriber_actor::make_behavior() {
  on_escaped_exception(*this, [&context = context_](const std::exception_ptr& thrown) {
    context.fail(broken_by(thrown));
  });
  tell(*this, caf::actor_cast<caf::actor>(this), read_on{});
  return {
      [this](read_on) { read_slice(); },
      [this](tail_moved) { read_slice(); },
      [this](unload) { quit(); },
  };
}

bool subscriber_actor::wants(std::string_view type) const {
  return wanted_.types.empty() ||
         std::find(wanted_.types.begin(), wanted_.types.end(), type) != wanted_.types.end();
}

void subscriber_actor::read_slice() {
  const auto tail = context_.writes.tail();
  window_builder built{context_.types, wanted_.from};
  auto end = std::max(wanted_.from, tail);
  std::size_t seen = 0;
  auto read = context_.stored.scan(wanted_.from, tail, [&](const event_row& row) {
    if (wants(row.type)) built.add(row.at, row.type, row.time, row.payload, row.envelope);
    const bool full =
        ++seen >= limits::behind_read_max || built.encoded_size() >= limits::behind_size_max;
    if (full) end = row.at.next();
    return !full;
  });
  if (!read) return context_.fail(read.error());
  const auto events = built.finish(end);
  for (const auto& each : events->events()) {
    if (!target_->call(delivery::event, &each)) return quit();
  }
  wanted_.from = end;
  if (end < tail) return tell(*this, caf::actor_cast<caf::actor>(this), read_on{});
  if (!target_->call(delivery::caught_up, nullptr)) return quit();
  tell(*this, router_, watch_tail{caf::actor_cast<caf::actor>(this), wanted_.from});
}

}  // namespace millrace
