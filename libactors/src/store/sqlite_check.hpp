/// Damage below the level of the store's interface. docs/formats/ states each rule.
#pragma once

#include <string>
#include <vector>

#include "sqlite/connection.hpp"

namespace millrace {

/// store::check, on a reader within a transaction. One line a finding; reads everything.
result<std::vector<std::string>> check_store(sqlite::connection& reader);

}  // namespace millrace
