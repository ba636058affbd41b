/// What a layer above reads of a host that is open.
#pragma once

#include "host/host_parts.hpp"

namespace millrace {

/// Views: good until the host stops.
struct open_view {
  const store& stored;  ///< any thread may read
  const interest_table::type_list& types;
  const clock& time;
  const std::filesystem::path& directory;  ///< of the store
  bool strict = false;
};
/// Errors: closed.
[[nodiscard]] inline result<open_view> view_of(host& over) {
  const auto& parts = over.inside();
  if (parts.stored == nullptr) return error{errc::closed, "the host is not open"};
  return open_view{*parts.stored, parts.added, *parts.time, parts.options.store,
                   parts.options.strict};
}

}  // namespace millrace
