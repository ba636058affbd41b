#include "base/chance.hpp"

#include <random>
#include <string_view>

namespace millrace {

std::string chance_name() {
  constexpr std::size_t size = 32;
  constexpr std::string_view digits = "0123456789abcdef";
  std::random_device source;
  std::string made;
  while (made.size() < size) made += digits[source() % digits.size()];
  return made;
}

}  // namespace millrace
