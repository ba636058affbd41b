#include "millrace/host.hpp"

#include <fmt/format.h>

#include "base/limits.hpp"
#include "host/host_calls.hpp"
#include "store/builds.hpp"
#include "store/sqlite_store.hpp"

namespace millrace {
namespace {

future<result<std::vector<position>>> ready(result<std::vector<position>> outcome) {
  kept_promise<std::vector<position>> kept;
  auto made = kept.future();
  kept(std::move(outcome));
  return made;
}

/// Checks every event before anything is queued; on success the size of all.
result<std::size_t> check_all(const type_registry& types, const std::vector<new_event>& events,
                              bool strict) {
  if (events.size() > limits::append_events_max) {
    return error{errc::too_large, fmt::format("{} events in one append; the limit is {}",
                                              events.size(), limits::append_events_max)};
  }
  std::size_t size = 0;
  for (const auto& each : events) {
    if (auto checked = types.check(each, strict); !checked) return checked.error();
    size += size_of(each);
  }
  if (size > limits::append_size_max) {
    return error{errc::too_large, fmt::format("{} bytes in one append; the limit is {}", size,
                                              limits::append_size_max)};
  }
  return size;
}

flow_summary summarise(const flow_row& row, bool hosted) {
  const auto& checkpoint = row.checkpoint;
  flow_summary made;
  made.key = row.entry.key;
  made.latest = row.latest;
  if (checkpoint.has_position()) made.checkpoint = position{checkpoint.position()};
  made.error_message = checkpoint.error_message();
  made.done = checkpoint.done();
  made.hosted = hosted;
  made.skipped = checkpoint.skipped_count();
  if (checkpoint.has_error_position()) {
    made.status = flow_status::stopped;
    made.error_position = position{checkpoint.error_position()};
  } else if (row.latest && (!made.checkpoint || *made.checkpoint < *row.latest)) {
    made.status = flow_status::pending;
  }
  return made;
}

}  // namespace

host::host(host_options options) : parts_(std::make_unique<parts>()) {
  parts_->options = std::move(options);
}

host::~host() { stop(); }

result<void> host::add(flow_type type) {
  if (parts_->running) return error{errc::invalid, "flows are added before the host is opened"};
  if (auto fits = check_beside(type, parts_->added); !fits) return fits;
  if (auto known = parts_->types.add(type); !known) return known;
  parts_->added.push_back(std::make_shared<const flow_type>(std::move(type)));
  return {};
}

result<void> host::open() {
  auto& own = *parts_;
  const std::unique_lock alone{own.usage};
  if (own.running) return error{errc::invalid, "the host is open already"};
  if (own.in_virtual_time) {
    own.stored = own.in_virtual_time->memory;
    own.time = own.in_virtual_time->time;
  } else {
    auto opened = open_sqlite_store(own.options.store, open_mode::own,
                                    {.unlogged_checkpoints = own.bounds.unlogged_checkpoints});
    if (!opened) return opened.error();
    own.owned = std::move(*opened);
    own.stored = own.owned.get();
  }
  own.interest = std::make_unique<interest_table>(own.added);
  engine_parts from{.stored = *own.stored,
                    .types = own.types,
                    .interest = *own.interest,
                    .time = *own.time,
                    .run_flows = own.options.run_flows,
                    .actors = own.options.actors,
                    .worker_threads = own.options.worker_threads,
                    .bounds = own.bounds,
                    .before_commit = {}};
  if (own.in_virtual_time) from.before_commit = own.in_virtual_time->before_commit;
  auto started = own.in_virtual_time
                     ? engine::open_virtual(std::move(from), own.in_virtual_time->seed)
                     : engine::open(std::move(from));
  if (!started) {
    own.interest.reset();
    own.owned.reset();
    own.stored = nullptr;
    return started.error();
  }
  own.running = std::move(*started);
  return {};
}

future<result<std::vector<position>>> host::append(new_event one, append_condition condition) {
  std::vector<new_event> events;
  events.push_back(std::move(one));
  return append(std::move(events), std::move(condition));
}

future<result<std::vector<position>>> host::append(std::vector<new_event> events,
                                                   append_condition condition) {
  return append_to(*this, std::move(events), std::move(condition), same_id::is_repeat);
}

future<result<std::vector<position>>> append_to(host& over, std::vector<new_event> events,
                                                append_condition condition, same_id means) {
  auto& own = over.inside();
  const std::shared_lock use{own.usage};
  if (const auto why = unusable(own)) return ready(*why);
  auto size = check_all(own.types, events, own.options.strict);
  if (!size) return ready(size.error());
  kept_promise<std::vector<position>> kept;
  auto answer = kept.future();
  own.running->append({.events = std::move(events),
                       .condition = std::move(condition),
                       .routed = {},
                       .compares = means == same_id::must_be_same_event,
                       .size = *size,
                       .done = std::move(kept)});
  return answer;
}

result<void> host::wait(position at, duration limit) {
  const auto caller = std::make_shared<int>();
  pending_answer<void> answer;
  {
    const std::shared_lock use{parts_->usage};
    if (const auto why = unusable(*parts_)) return *why;
    parts_->running->wait(at, caller, answer.keep());
  }
  return await(*parts_, answer, limit);
}

result<void> host::wait_until_caught_up(duration limit) {
  const auto caller = std::make_shared<int>();
  pending_answer<void> answer;
  {
    const std::shared_lock use{parts_->usage};
    if (const auto why = unusable(*parts_)) return *why;
    parts_->running->when_caught_up(caller, answer.keep());
  }
  return await(*parts_, answer, limit);
}

subscription host::subscribe(subscription_options options, event_handler handler) {
  const std::shared_lock use{parts_->usage};
  if (!parts_->running) return {};
  return parts_->running->subscribe(std::move(options), std::move(handler));
}

namespace {

flow_summary summarise_parked(const v1::FlowType& type) {
  flow_summary made;
  made.key = flow_key{type.name()};
  made.status = flow_status::stopped;
  made.error_position = position{type.error_position()};
  made.error_message = type.error_message();
  made.hosted = true;
  return made;
}

}  // namespace

/// What the store knows, and on top of it what is routed and not written yet.
result<void> host::flows(const std::function<void(const flow_summary&)>& visit,
                         std::string_view type) {
  auto& own = *parts_;
  const std::shared_lock use{own.usage};
  if (const auto why = unusable(own)) return *why;
  pending_answer<engine_unwritten> asked;
  own.running->unwritten(asked.keep());
  auto known = await(own, asked, answer_limit);
  if (!known) return known.error();
  auto types = own.stored->flow_types();
  if (!types) return types.error();
  const build_list builds{*types};
  std::map<std::string, position> latest;  // of running builds, by key
  for (const auto& [name, at] : known->latest) {
    if (builds.running(flow_key::parse(name.first).type()) == name.second) {
      latest.emplace(name.first, at);
    }
  }
  auto* unwritten = &latest;
  const auto hosted = [&](const flow_key& key) {
    return own.interest->find(key.type()).has_value();
  };
  const auto visit_new = [&](const std::string* before) {
    while (!unwritten->empty() && (before == nullptr || unwritten->begin()->first < *before)) {
      flow_row row;
      row.entry.key = flow_key::parse(unwritten->begin()->first);
      row.latest = unwritten->begin()->second;
      unwritten->erase(unwritten->begin());
      if (type.empty() || row.entry.key.type() == type) {
        visit(summarise(row, hosted(row.entry.key)));
      }
    }
  };
  auto read = own.stored->flows(type, [&](const flow_row& stored) {
    if (!builds.is_running(stored.entry)) return true;
    visit_new(&stored.entry.key.text());
    flow_row row = stored;
    if (const auto newer = unwritten->find(row.entry.key.text()); newer != unwritten->end()) {
      row.latest = std::max(row.latest, std::optional{newer->second});
      unwritten->erase(newer);
    }
    visit(summarise(row, hosted(row.entry.key)));
    return true;
  });
  if (!read) return read;
  visit_new(nullptr);
  for (const auto& each : known->parked) {
    const bool wanted = type.empty() || type == each.name();
    if (wanted && own.interest->find(each.name())) visit(summarise_parked(each));
  }
  return {};
}

position host::tail() const {
  const std::shared_lock use{parts_->usage};
  return parts_->running ? parts_->running->tail() : position{};
}

host_counters host::counters() const {
  const std::shared_lock use{parts_->usage};
  return parts_->running ? parts_->running->counters() : parts_->last_counters;
}

void host::stop(duration limit) {
  auto& own = *parts_;
  pending_answer<void> drained;
  bool drains = false;
  {
    const std::shared_lock use{own.usage};
    drains = own.running && !own.running->failure();
    if (drains) own.running->drain(drained.keep());
  }
  if (drains) static_cast<void>(await(own, drained, limit));
  const std::unique_lock alone{own.usage};
  if (!own.running) return;
  own.running->stop();
  own.last_counters = own.running->counters();
  own.running.reset();
  static_cast<void>(own.stored->close());
  own.owned.reset();
  own.stored = nullptr;
  own.interest.reset();
}

}  // namespace millrace
