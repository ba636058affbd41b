/// SipHash-2-4 with 128 bits: a hash of texts that others choose, where two of one hash must not
/// be found on purpose, nor by chance.
#pragma once

#include <cstdint>
#include <string_view>

namespace millrace {

/// What makes the hashes of one process its own.
struct sip_key {
  std::uint64_t first = 0;
  std::uint64_t second = 0;

  /// By chance. It decides nothing but where things lie.
  [[nodiscard]] static sip_key secret();
};

struct sip_value {
  std::uint64_t first = 0;
  std::uint64_t second = 0;
  friend bool operator==(const sip_value&, const sip_value&) = default;
};

[[nodiscard]] sip_value sip_hash(const sip_key& key, std::string_view text);

}  // namespace millrace
