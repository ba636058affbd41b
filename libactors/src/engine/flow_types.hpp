/// Compares the flow types of this program with those the store knows.
#pragma once

#include <vector>

#include "routing/interest.hpp"
#include "store/store.hpp"

namespace millrace {

struct reconciled_types {
  std::vector<v1::FlowType> all;      ///< hosted and stored
  std::vector<v1::FlowType> changed;  ///< to be written
};

enum class compatibility { required, assumed };

/// A type the store has not seen begins at the start of the timeline, or, when it says so, at
/// `tail`. One whose version the store does not have gets a further build; builds of versions that
/// this program does not have are retired. Errors: incompatible, by name: kind or state changed
/// under what is stored (unless that is assumed not to be); those of the store.
result<reconciled_types> reconcile(const store& stored, const interest_table& interest,
                                   position tail,
                                   compatibility with_stored = compatibility::required);

}  // namespace millrace
