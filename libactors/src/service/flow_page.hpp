/// A page of flows, in byte order of keys.
#pragma once

#include <string>

#include "service/call.hpp"

namespace millrace::service {

struct flow_wish {
  std::string type = {};  ///< empty: all
  bool pending = false;   ///< with the next: only those that are one or the other; neither: all
  bool stopped = false;
  std::string name = "flows";
  bool with_href = false;  ///< where the state of each is
};
/// Takes `after` and `limit` of the call.
[[nodiscard]] response list_flows_page(const call& asked, const flow_wish& wanted);

}  // namespace millrace::service
