/// What the monitor says of everything but single flows.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "service/call.hpp"
#include "service/few_types.hpp"
#include "service/flow_count.hpp"
#include "service/flow_rows.hpp"
#include "service/recent_rate.hpp"
#include "service/topology.hpp"

namespace millrace::service {

/// Of one thread.
class monitor_figures {
 public:
  explicit monitor_figures(const parts& of);

  /// A look at all that is cheap: counters, what is new on the timeline, now and then the disk and
  /// the schedule. Errors: those of the store.
  result<void> look(flow_board::moment now, position head);
  void take(counted_flows counted) {
    keep_few(counted.of.types, of_.known);
    counted_ = std::move(counted);
  }
  [[nodiscard]] const std::optional<counted_flows>& counted() const { return counted_; }

  [[nodiscard]] documents::json overview() const;
  /// JSON.
  [[nodiscard]] const std::string& topology_text() const { return edges_text_; }
  [[nodiscard]] flow_board::moment topology_changed() const { return edges_changed_; }
  /// Rows of types; those that changed after a moment.
  void count_types(flow_board::moment now, const flow_rows& rows);
  [[nodiscard]] std::vector<const std::string*> types_since(flow_board::moment last) const;
  [[nodiscard]] std::vector<std::string> types_gone_since(flow_board::moment last) const;

 private:
  struct type_row {
    std::string text;
    flow_board::moment changed = 0;
    flow_board::moment gone = 0;  // 0: it is there
  };
  result<void> read_timeline(bool first, timestamp steady);
  result<void> look_now_and_then();

  const parts& of_;
  std::optional<counted_flows> counted_;
  host_counters last_{};
  recent_rate appended_, handled_, committed_;
  topology edges_;
  position seen_;  // events before are in edges_
  position head_;
  std::string edges_text_;
  flow_board::moment edges_changed_ = 0;
  std::map<std::string, type_row> types_;

  timestamp looked_{};  // steady
  std::filesystem::space_info disk_{};
  std::uintmax_t store_size_ = 0;
  std::uint64_t timers_overdue_ = 0;
  std::uint64_t timers_soon_ = 0;
  std::optional<timestamp> timer_next_;
};

}  // namespace millrace::service
