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

/// A type the store has not seen begins at the start of the timeline, or, when it says so, at
/// `tail`. Errors: incompatible, by name: kind, version or state changed under what is stored;
/// those of the store.
result<reconciled_types> reconcile(const store& stored, const interest_table& interest,
                                   position tail);

}  // namespace millrace
