/// From a line that was understood to the rows of a part; common to both formats.
#pragma once

#include "exchange/members.hpp"
#include "exchange/part.hpp"
#include "millrace/envelope.pb.h"

namespace millrace::exchange {

/// Positions ascend within a file, begin at the tail of the store, and end before its limit.
[[nodiscard]] bool check_order(position at, position next, complaint& wrong);

/// Adds an event with its id and what it does to the schedule. `row.type` is copied; `row.payload`
/// has to live as long as the part, and `row.envelope` too, unless it is empty and `envelope` is to
/// be encoded. False, and nothing is added: it is too large.
[[nodiscard]] bool place(const event_row& row, const v1::Envelope& envelope, part& into,
                         complaint& wrong);

}  // namespace millrace::exchange
