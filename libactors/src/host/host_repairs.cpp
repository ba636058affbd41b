// Flows that stopped go on, and flows begin anew.
#include <algorithm>
#include <deque>
#include <vector>

#include "base/limits.hpp"
#include "host/host_calls.hpp"
#include "store/builds.hpp"

namespace millrace {
namespace {

result<void> order(host::parts& parts, const flow_key& key, repair_order what,
                   const pending_answer<void>& answer) {
  const std::shared_lock use{parts.usage};
  if (const auto why = unusable(parts)) return *why;
  parts.running->repair(key, what, answer.keep());
  return {};
}

result<void> repair(host::parts& parts, const flow_key& key, repair_order what) {
  pending_answer<void> answer;
  if (auto ordered = order(parts, key, what, answer); !ordered) return ordered;
  return await(parts, answer, answer_limit);
}

/// What is not stopped any more, or is being repaired by somebody else, is no failure of a retry.
result<bool> repaired(host::parts& parts, pending_answer<void>& answer, repair_order what) {
  auto outcome = await(parts, answer, answer_limit);
  if (outcome) return true;
  const auto code = outcome.error().code;
  const bool is_over = code == errc::conflict || code == errc::not_found;
  if (is_over && what.what == repair_order::kind::retry) return false;
  return outcome.error();
}

/// Many at once share their commits; a bounded number is under way. How many were repaired.
result<std::size_t> repair_all(host::parts& parts, const std::vector<flow_key>& flows,
                               repair_order what) {
  std::size_t count = 0;
  std::deque<pending_answer<void>> under_way;
  for (auto next = flows.begin(); next != flows.end() || !under_way.empty();) {
    if (next != flows.end() && under_way.size() < limits::repairs_under_way_max) {
      auto& answer = under_way.emplace_back();
      if (auto ordered = order(parts, *next++, what, answer); !ordered) return ordered.error();
      continue;
    }
    auto done = repaired(parts, under_way.front(), what);
    if (!done) return done.error();
    count += *done ? 1 : 0;
    under_way.pop_front();
  }
  return count;
}

/// Whether it is hosted here, or the store has heard of it.
result<bool> is_flow_type(host::parts& parts, std::string_view name) {
  const std::shared_lock use{parts.usage};
  if (const auto why = unusable(parts)) return *why;
  if (parts.interest->find(name)) return true;
  auto rows = parts.stored->flow_types();
  if (!rows) return rows.error();
  return std::any_of(rows->begin(), rows->end(),
                     [name](const v1::FlowType& row) { return row.name() == name; });
}

/// The flows of a type's running build, and what it costs to let them begin anew, in events of a
/// scan. The figures are estimates: docs/decisions/2026-11-26-reset-of-a-type.md
struct type_size {
  std::vector<flow_key> flows;
  std::uint64_t postings = 0;
  std::uint64_t span = 0;  ///< positions that it was routed from
  bool can_scan = false;

  [[nodiscard]] bool scan_is_cheaper() const {
    constexpr std::uint64_t point_read = 8;
    constexpr std::uint64_t commit = 50;
    constexpr std::uint64_t posting_written_anew = 2;
    constexpr std::uint64_t build_begun_and_dropped = 1000;
    const auto each_alone = postings * point_read + flows.size() * commit;
    return can_scan &&
           build_begun_and_dropped + span + postings * posting_written_anew < each_alone;
  }
};

result<type_size> measure(host::parts& parts, std::string_view type) {
  const std::shared_lock use{parts.usage};
  if (const auto why = unusable(parts)) return *why;
  auto rows = parts.stored->flow_types();
  if (!rows) return rows.error();
  const auto running = build_list{*rows}.running(type);
  type_size made;
  for (const auto& row : *rows) {
    if (row.name() != type || build_of(row) != running) continue;
    if (row.inert()) {
      return error{errc::conflict, row.name() + " came with an import: adopt it first"};
    }
    made.can_scan = !row.explicit_only();
    made.span = parts.running->tail().value - first_routed(row);
  }
  auto read = parts.stored->flows(std::string{type}, [&](const flow_row& flow) {
    if (flow.entry.build != running) return true;
    made.flows.push_back(flow.entry.key);
    made.postings += flow.postings;
    return true;
  });
  if (!read) return read.error();
  return made;
}

}  // namespace

result<void> host::retry(const flow_key& key) {
  return repair(*parts_, key, {.what = repair_order::kind::retry});
}

result<void> host::skip(const flow_key& key) {
  return repair(*parts_, key, {.what = repair_order::kind::skip});
}

result<void> host::reset(const flow_key& key, reset_options options) {
  return repair(*parts_, key,
                {.what = repair_order::kind::reset, .accept_history = options.accept_history});
}

result<std::size_t> host::retry_all(const retry_filter& which) {
  if (!which.type.empty()) {
    auto known = is_flow_type(*parts_, which.type);
    if (!known) return known.error();
    if (!*known) return error{errc::not_found, "there is no flow type " + which.type};
  }
  std::vector<flow_key> stopped;
  auto listed = flows(
      [&](const flow_summary& one) {
        const bool fits = one.error_message.find(which.error) != std::string::npos;
        if (one.status == flow_status::stopped && one.hosted && fits) stopped.push_back(one.key);
      },
      which.type);
  if (!listed) return listed.error();
  return repair_all(*parts_, stopped, {.what = repair_order::kind::retry});
}

result<type_reset> host::reset_type(std::string_view type, reset_options options) {
  // What is routed and not written would not be counted.
  if (auto counted = statistics(); !counted) return counted.error();
  auto size = measure(*parts_, type);
  if (!size) return size.error();
  if (size->flows.empty()) {
    return error{errc::not_found, "there is no flow of the type " + std::string{type}};
  }
  if (!size->scan_is_cheaper()) {
    auto count =
        repair_all(*parts_, size->flows,
                   {.what = repair_order::kind::reset, .accept_history = options.accept_history});
    if (!count) return count.error();
    return type_reset{.flows = *count};
  }
  pending_answer<void> answer;
  {
    const std::shared_lock use{parts_->usage};
    if (const auto why = unusable(*parts_)) return *why;
    parts_->running->reset_type(std::string{type}, options.accept_history, answer.keep());
  }
  if (auto begun = await(*parts_, answer); !begun) return begun.error();
  return type_reset{.flows = size->flows.size(), .one_scan = true};
}

}  // namespace millrace
