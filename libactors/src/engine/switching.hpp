/// Whether the result of another build may be served. docs/formats/builds.md
#pragma once

#include <string>

#include "millrace/checkpoint.pb.h"
#include "millrace/result.hpp"
#include "store/store.hpp"

namespace millrace {

/// Nothing when `next`, and each of its flows that is not stopped, has come as far as the served
/// result, by what is stored. (Flows that are stopped are no reason: whoever switches by hand has
/// seen them.) Errors: conflict, those of the store. Reads the directory of the type.
[[nodiscard]] result<void> check_caught_up(const store& stored, const v1::FlowType& served,
                                           const v1::FlowType& next);

/// What a switch answers when the newest build is served, and none is dropped.
[[nodiscard]] error nothing_to_switch(const std::string& type);

}  // namespace millrace
