/// The directory, asked about many flows together.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "millrace/result.hpp"
#include "store/store.hpp"

namespace millrace {

/// How the directory names a flow. A view.
struct flow_name {
  std::string_view key;
  build_number build = first_build;
};

/// What the directory says of a flow, checkpoints aside.
struct known_flow {
  flow_number number{};
  position born;                   ///< as in flow_entry
  std::optional<position> latest;  ///< last posting written
};

using known_flows = std::vector<std::optional<known_flow>>;

/// A store that answers for many in one read.
class finds_flows {
 public:
  virtual ~finds_flows() = default;
  [[nodiscard]] virtual result<known_flows> find_all(std::span<const flow_name> names) const = 0;
};

/// Of each of these, in their order; none: it is not in the directory. A store that cannot do so in
/// one read is asked flow by flow. Errors: those of the store.
[[nodiscard]] result<known_flows> find_flows(const store& in, std::span<const flow_name> names);

}  // namespace millrace
