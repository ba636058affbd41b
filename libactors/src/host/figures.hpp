/// Statistics as far as a store tells them: sums over its flows.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "host/overview.hpp"
#include "millrace/statistics.hpp"

namespace millrace {

/// One flow. Reads the size of its state, not the state; the time of its oldest event is not filled
/// in.
[[nodiscard]] result<flow_statistics> figures_of(const store& from, const flow_view& view,
                                                 const flow_backlog& waits);

/// Of several flows, or types, what they come to together.
void add_to(flow_statistics& sum, const flow_statistics& one);

/// Fills in `oldest_time`: reads one event.
result<void> date_oldest(const store& from, flow_statistics& of);

/// How far history is routed to a build that has not been given all that lies before `head`, which
/// was read before the row. None: it has; or it is not routed by itself (retired, inert, stopped,
/// reached by explicit routes alone).
[[nodiscard]] std::optional<build_progress> back_fill_of(const v1::FlowType& row, position head,
                                                         position tail);

/// Sums flows by type and in all. Memory: one entry for each type.
class figures {
 public:
  explicit figures(const store& from) : from_(from) {}

  /// The type is listed, also without flows.
  void expect(std::string_view type) { of_type(type); }
  result<void> add(const flow_view& view, const flow_backlog& waits);
  /// A type whose routing may be stopped, or under way.
  void add(const v1::FlowType& type, std::optional<build_progress> back_fill);
  /// Reads one event for each type that lags.
  result<host_statistics> finish(timestamp now, position tail);

 private:
  flow_statistics& of_type(std::string_view type);

  const store& from_;
  std::map<std::string, flow_statistics, std::less<>> types_;
};

/// All that a picture of a store tells, or (not empty) of one type.
[[nodiscard]] result<host_statistics> statistics_of(const store& from, const overview& now,
                                                    std::string_view type, timestamp at);

}  // namespace millrace
