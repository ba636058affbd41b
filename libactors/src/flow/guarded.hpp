/// Where calls into user code end.
#pragma once

#include <exception>
#include <optional>
#include <string>

#include "base/limits.hpp"
#include "base/utf8.hpp"

namespace millrace {

/// What is wrong with the event at hand; none: it is handled.
using complaint = std::optional<std::string>;

/// What the call returned, or what it threw.
template <class Call>
complaint guarded(const Call& call) {
  try {
    return call();
  } catch (const std::exception& thrown) {
    return to_utf8(thrown.what(), limits::error_message_size_max);
  } catch (...) {
    return "unknown exception";
  }
}

}  // namespace millrace
