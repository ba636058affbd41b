/// Ids that were chosen to be slow.
#pragma once

#include <fmt/format.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace millrace::test {

/// Of one hash, as anybody makes them who has read it: the second half of each undoes what the
/// first half does. They are UTF-8.
inline std::vector<std::string> colliding_ids(std::size_t count) {
  constexpr std::uint64_t factor = 0x9e3779b97f4a7c15u;
  std::vector<std::string> made;
  for (std::uint64_t i = 0; made.size() < count; ++i) {
    auto id = fmt::format("{:08x}", i) + std::string(8, ' ');
    std::uint64_t word = 0;
    std::memcpy(&word, id.data(), 8);
    const auto after_first = std::rotl((id.size() * factor ^ word) * factor, 29);
    const auto second = after_first ^ 0x5bd1e9955bd1e995u;
    if ((second & 0x8080808080808080u) != 0) continue;
    std::memcpy(id.data() + 8, &second, 8);
    made.push_back(std::move(id));
  }
  return made;
}

}  // namespace millrace::test
