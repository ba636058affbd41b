#include "host/figures.hpp"

#include <algorithm>
#include <array>

namespace millrace {
namespace {

std::optional<flow_statistics::failure> last_error_of(const flow_row& row) {
  const auto& checkpoint = row.checkpoint;
  const auto& key = row.entry.key.text();
  if (checkpoint.has_error_position()) {
    return flow_statistics::failure{key, position{checkpoint.error_position()},
                                    checkpoint.error_message(), false};
  }
  if (checkpoint.skipped().empty()) return std::nullopt;
  const auto& last = *checkpoint.skipped().rbegin();
  return flow_statistics::failure{key, position{last.position()}, last.error(), true};
}

void keep_later(std::optional<flow_statistics::failure>& kept,
                const std::optional<flow_statistics::failure>& other) {
  if (other && (!kept || kept->at < other->at)) kept = other;
}

}  // namespace

void add_to(flow_statistics& sum, const flow_statistics& one) {
  sum.flows += one.flows;
  sum.pending += one.pending;
  sum.stopped += one.stopped;
  sum.checkpoint = std::max(sum.checkpoint, one.checkpoint);
  sum.latest = std::max(sum.latest, one.latest);
  sum.lag += one.lag;
  sum.state_size += one.state_size;
  keep_later(sum.last_error, one.last_error);
  if (!one.oldest || (sum.oldest && *sum.oldest <= *one.oldest)) return;
  sum.oldest = one.oldest;
  sum.oldest_time = one.oldest_time;
}

result<flow_statistics> figures_of(const store& from, const flow_view& view,
                                   const flow_backlog& waits) {
  const auto& row = view.row;
  flow_statistics made;
  made.name = row.entry.key.text();
  made.flows = 1;
  made.pending = view.status == flow_status::pending ? 1 : 0;
  made.stopped = view.status == flow_status::stopped ? 1 : 0;
  if (row.checkpoint.has_position()) made.checkpoint = position{row.checkpoint.position()};
  made.latest = row.latest;
  made.lag = waits.count;
  made.oldest = waits.first;
  made.last_error = last_error_of(row);
  if (!view.stored) return made;
  auto size = from.state_size(row.entry.number);
  if (!size) return size.error();
  made.state_size = *size;
  return made;
}

result<void> date_oldest(const store& from, flow_statistics& of) {
  if (!of.oldest) return {};
  const std::array<position, 1> wanted{*of.oldest};
  return from.fetch(wanted, [&](const event_row& row) {
    of.oldest_time = row.time;
    return false;
  });
}

std::optional<build_progress> back_fill_of(const v1::FlowType& row, position head, position tail) {
  const bool by_itself =
      !row.retired() && !row.inert() && !row.explicit_only() && !row.has_error_position();
  if (!by_itself || position{row.routed()} >= head) return std::nullopt;
  return build_progress{.build = static_cast<std::uint32_t>(build_of(row)),
                        .version = row.version(),
                        .routed = position{row.routed()},
                        .tail = tail,
                        .served = row.served()};
}

flow_statistics& figures::of_type(std::string_view type) {
  auto found = types_.find(type);
  if (found == types_.end()) {
    found = types_.emplace(std::string{type}, flow_statistics{}).first;
    found->second.name = found->first;
  }
  return found->second;
}

result<void> figures::add(const flow_view& view, const flow_backlog& waits) {
  auto one = figures_of(from_, view, waits);
  if (!one) return one.error();
  add_to(of_type(view.row.entry.key.type()), *one);
  return {};
}

void figures::add(const v1::FlowType& type, std::optional<build_progress> back_fill) {
  auto& sum = of_type(type.name());
  sum.back_fill = back_fill;
  if (!type.has_error_position()) return;
  ++sum.stopped;
  keep_later(sum.last_error, flow_statistics::failure{type.name(), position{type.error_position()},
                                                      type.error_message(), false});
}

result<host_statistics> figures::finish(timestamp now, position tail) {
  host_statistics made{.at = now, .tail = tail, .all = {}, .types = {}};
  for (auto& [name, sum] : types_) {
    add_to(made.all, sum);
    if (auto dated = date_oldest(from_, sum); !dated) return dated.error();
    made.types.push_back(std::move(sum));
  }
  if (auto dated = date_oldest(from_, made.all); !dated) return dated.error();
  return made;
}

result<host_statistics> statistics_of(const store& from, const overview& now, std::string_view type,
                                      timestamp at) {
  figures sums{from};
  const auto wanted = [&](std::string_view name) { return type.empty() || type == name; };
  for (const auto& known : now.known().table.types()) {
    if (wanted(known->name)) sums.expect(known->name);
  }
  result<void> added;
  auto read = now.flows(type, [&](const flow_view& view) {
    const auto waits = now.waiting(view);
    added = waits ? sums.add(view, *waits) : result<void>{waits.error()};
    return static_cast<bool>(added);
  });
  if (!read) return read.error();
  if (!added) return added.error();
  for (const auto& [name, row] : now.types()) {
    if (wanted(name)) sums.add(row, now.back_fill(name));
  }
  return sums.finish(at, now.tail());
}

}  // namespace millrace
