/// What documents are made from.
#pragma once

#include <functional>
#include <optional>

#include "host/overview.hpp"
#include "store/store.hpp"

namespace millrace::documents {

/// A store to read from, the types of the program, and a way to a picture of the store: who waits
/// for that may want to be told how far it is. Views: all of it outlives the call it is handed to.
struct source {
  const millrace::store& from;
  const known_types& known;
  std::function<result<overview>(std::optional<overview::watch> watched)> look;
};

}  // namespace millrace::documents
