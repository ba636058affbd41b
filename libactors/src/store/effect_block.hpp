/// Pairs of the cause index as bytes. docs/formats/effects.md
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "store/store.hpp"
#include "store/varint.hpp"

namespace millrace {

/// A bucket is a span: blocks of a bucket have consecutive numbers from bucket * this. Never
/// change.
inline constexpr std::uint64_t effect_bucket_blocks = 1u << 20;
inline constexpr std::size_t effect_block_size = 2000;

inline void append_effect(std::string& block, const effect& added) {
  append_varint(block, added.cause.value % effect_span_causes);
  append_varint(block, zigzag(static_cast<std::int64_t>(added.at.value - added.cause.value)));
}

/// Takes a pair off the front. False: the bytes are no pair.
[[nodiscard]] inline bool take_effect(std::string_view& block, std::uint64_t bucket,
                                      effect& taken) {
  std::uint64_t offset = 0;
  std::uint64_t distance = 0;
  if (!take_varint(block, offset) || offset >= effect_span_causes) return false;
  if (!take_varint(block, distance)) return false;
  taken.cause = {bucket * effect_span_causes + offset};
  taken.at = {taken.cause.value + static_cast<std::uint64_t>(unzigzag(distance))};
  return true;
}

}  // namespace millrace
