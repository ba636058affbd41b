/// Which build of a flow type runs, and which is shown. docs/formats/builds.md
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/store.hpp"

namespace millrace {

/// A picture of the rows of flow_types. Immutable.
class build_list {
 public:
  build_list() = default;
  explicit build_list(const std::vector<v1::FlowType>& rows);

  /// See runs_rather(). Of a type without rows, or with retired ones only: the first.
  [[nodiscard]] build_number running(std::string_view type) const;
  /// What reads show. Lists, the manifest and repairs are about the running one.
  [[nodiscard]] build_number served(std::string_view type) const;
  /// Whether the flow belongs to the running build of its type.
  [[nodiscard]] bool is_running(const flow_entry& flow) const {
    return running(flow.key.type()) == flow.build;
  }

 private:
  struct pair {
    build_number running = first_build;
    build_number served = first_build;
  };
  std::map<std::string, pair, std::less<>> types_;
};

/// The build of a row; rows made by hand may leave it out.
[[nodiscard]] inline build_number build_of(const v1::FlowType& row) {
  return row.build() == 0 ? first_build : build_number{row.build()};
}

/// Of the builds of a name that are not retired the one of the newest version runs, and of that the
/// newest: a program that has two versions may have met the older one later.
[[nodiscard]] inline bool runs_rather(const v1::FlowType& one, const v1::FlowType* than) {
  if (one.retired() || than == nullptr) return !one.retired();
  return std::pair{one.version(), build_of(one)} > std::pair{than->version(), build_of(*than)};
}

/// A retired build that another one is in the place of.
struct former_build {
  build_number number = first_build;
  position frozen_at;  ///< it was routed before this
  /// Its flows decided in another store: how far each came is known by what it emitted.
  bool imported = false;
};

/// Where the routing of a build begins.
[[nodiscard]] inline std::uint64_t first_routed(const v1::FlowType& row) {
  return row.explicit_before() > 0 ? 0 : row.since();
}

/// The next build of a name: after all that it ever had.
[[nodiscard]] std::uint32_t next_build(const std::vector<v1::FlowType>& rows,
                                       std::string_view name);

/// What the generation of a flow's readings begins with: each build has its own range.
[[nodiscard]] inline std::uint64_t first_generation(build_number build) {
  return (std::uint64_t{static_cast<std::uint32_t>(build)} - 1) << 16;
}

}  // namespace millrace
