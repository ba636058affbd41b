/// A flow as a row of a list, and the entries of its inbox.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "documents/event.hpp"
#include "documents/source.hpp"

namespace millrace::documents {

/// What a row says of the flow's type.
struct standing {
  bool hosted = false;
  bool inert = false;
};
[[nodiscard]] standing standing_of(const overview& now, std::string_view flow_type);

/// One line of JSON.
[[nodiscard]] std::string line_of(const flow_view& view, const standing& of);
/// Of a type whose routing is stopped: its flows look idle, but what comes after is not even routed
/// to them.
[[nodiscard]] std::string line_of(const v1::FlowType& parked, bool hosted);

/// Of a type whose history is still being routed to it: flows that it will have are not all here.
[[nodiscard]] std::string back_fill_line(const std::string& type, const build_progress& of,
                                         bool hosted);

/// Of a query whose newer build has been given all, while the former one is served.
[[nodiscard]] std::string served_line(const v1::FlowType& newer, const served_build& served,
                                      bool hosted);

struct inbox_entry {
  shown_event event;
  posting entry;
  std::string_view state;  ///< handled, waiting, failed or skipped
};
[[nodiscard]] std::string line_of(const inbox_entry& of);

struct inbox_page {
  std::uint64_t rest = 0;  ///< how many are after what was visited
  std::optional<position> last;
};
/// The entries after `after`, at most `limit`, until `visit` returns false. Errors: not_found;
/// those of the store.
struct inbox_wish {
  flow_key key;
  std::optional<position> after;
  std::uint64_t limit = 100;
};
[[nodiscard]] result<inbox_page> read_inbox(const source& of, const inbox_wish& wanted,
                                            const std::function<bool(const inbox_entry&)>& visit);

}  // namespace millrace::documents
