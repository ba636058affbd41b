/// Flows as the monitor shows them.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "documents/event.hpp"
#include "host/watching.hpp"
#include "service/call.hpp"
#include "service/flow_board.hpp"
#include "store/builds.hpp"

namespace millrace::service {

/// Reads the rows of flows, and puts them on a board. One thread.
class flow_rows {
 public:
  explicit flow_rows(const parts& of) : of_(of) {}

  /// What a round of reading goes by: which builds run, and how the types stand.
  result<void> begin_round(flow_board::moment now);
  /// Reads these flows. Errors: those of the store.
  result<void> read(const std::vector<flow_number>& flows, flow_board& onto);
  /// Brings in what these flows are at; `loads` is in their order.
  void bring_in(const std::vector<flow_number>& flows, const engine_loads& loads, flow_board& onto);
  /// Forgets what the board does not show.
  void forget_others(const flow_board& shown);

  [[nodiscard]] const std::vector<v1::FlowType>& types() const { return types_; }
  [[nodiscard]] bool is_running(const v1::FlowType& row) const {
    return builds_.running(row.name()) == build_of(row);
  }

 private:
  struct known_flow {
    flow_place place;
    std::string document;            ///< what the store tells of it
    std::optional<timestamp> since;  ///< none: it was so when it was seen first
    std::optional<flow_load> load;
  };
  result<void> read(const flow_row& row, known_flow& made);
  [[nodiscard]] std::string text_of(const known_flow& one) const;

  const parts& of_;
  flow_board::moment round_ = 0;
  std::vector<v1::FlowType> types_;
  build_list builds_;
  std::unordered_map<flow_number, known_flow> known_;
};

/// `topic`, `query`, or null.
[[nodiscard]] documents::json kind_of(const known_types& known, std::string_view flow_type);

}  // namespace millrace::service
