// host::statistics: what the store tells, and what the engine counts.
#include "base/size_histogram.hpp"
#include "engine/meter.hpp"
#include "host/figures.hpp"
#include "host/host_calls.hpp"
#include "host/watching.hpp"

namespace millrace {
namespace {

flow_view stored_view(const flow_row& row) {
  return {.row = row, .stored = true, .status = status_of(row.checkpoint, row.latest)};
}

result<flow_backlog> waiting(const store& from, const flow_row& row) {
  if (!is_unhandled(row.latest, row.checkpoint)) return flow_backlog{};
  return stored_backlog(from, row, *row.latest);
}

/// What is routed is in the store afterwards.
result<std::optional<flow_activity>> ask(host::parts& parts, std::optional<flow_key> key) {
  if (const auto why = unusable(parts)) return *why;
  pending_answer<std::optional<flow_activity>> answer;
  parts.running->statistics(std::move(key), answer.keep());
  return await(parts, answer, answer_limit);
}

/// But for the sizes of batches, whose percentiles do not add up.
void add_to(flow_activity& sum, const flow_activity& one) {
  sum.handled += one.handled;
  sum.causes.full += one.causes.full;
  sum.causes.aged += one.causes.aged;
  sum.causes.dry += one.causes.dry;
  sum.causes.reading += one.causes.reading;
  sum.rate += one.rate;
}

void refresh(host::parts& own, host_statistics& of) {
  const auto& meters = own.running->meters();
  const auto now = own.time->steady();
  size_histogram sizes_of_all;
  of.all.activity = {};
  for (auto& type : of.types) {
    size_histogram sizes;
    type.activity = {};
    for (const auto version : own.interest->versions(type.name)) {
      add_to(type.activity, meters[version].look(now));
      sizes.add(meters[version].sizes());
    }
    type.activity.sizes = sizes.look();
    add_to(of.all.activity, type.activity);
    sizes_of_all.add(sizes);
  }
  of.all.activity.sizes = sizes_of_all.look();
}

}  // namespace

void refresh_activity(host& over, host_statistics& of) {
  auto& own = over.inside();
  const std::shared_lock use{own.usage};
  if (!unusable(own)) refresh(own, of);
}

result<host_statistics> host::statistics() {
  return count_flows(*this, [](const flow_view&, const flow_backlog&) { return true; });
}

result<host_statistics> count_flows(host& over, const backlog_visitor& visit) {
  auto& own = over.inside();
  const std::shared_lock use{own.usage};
  if (auto written = ask(own, std::nullopt); !written) return written.error();
  auto head = own.stored->routed();  // before the rows: those are as far at the least
  if (!head) return head.error();
  auto types = own.stored->flow_types();
  if (!types) return types.error();
  const build_list builds{*types};
  figures sums{*own.stored};
  result<void> added;
  auto read = own.stored->flows({}, [&](const flow_row& row) {
    if (!builds.is_running(row.entry)) return true;
    const auto view = stored_view(row);
    const auto waits = waiting(*own.stored, row);
    added = waits ? sums.add(view, *waits) : result<void>{waits.error()};
    if (added && !visit(view, *waits)) added = error{errc::closed, "nobody wants to know any more"};
    return static_cast<bool>(added);
  });
  if (!read) return read.error();
  if (!added) return added.error();
  for (const auto& type : *types) {
    if (builds.running(type.name()) != build_of(type)) continue;
    sums.add(type, back_fill_of(type, *head, own.running->tail()));
  }
  auto made = sums.finish(own.time->now(), own.running->tail());
  if (made) refresh(own, *made);
  return made;
}

result<flow_statistics> host::statistics(const flow_key& key) {
  auto& own = *parts_;
  const std::shared_lock use{own.usage};
  auto activity = ask(own, key);
  if (!activity) return activity.error();
  auto types = own.stored->flow_types();
  if (!types) return types.error();
  auto row = own.stored->find_flow(key, build_list{*types}.running(key.type()));
  if (!row) return row.error();
  if (!*row) return error{errc::not_found, "no flow " + key.text()};
  auto waits = waiting(*own.stored, **row);
  if (!waits) return waits.error();
  auto made = figures_of(*own.stored, stored_view(**row), *waits);
  if (!made) return made;
  if (auto dated = date_oldest(*own.stored, *made); !dated) return dated.error();
  if (*activity) made->activity = **activity;
  return made;
}

}  // namespace millrace
