/// A quick hash of texts, the same in every process.
#pragma once

#include <cstdint>
#include <string_view>

namespace millrace {

/// Spreads what differs by chance. Who reads its code finds any number of texts with one hash: see
/// sip_hash().
[[nodiscard]] std::uint64_t hash_of(std::string_view text);

}  // namespace millrace
