#include "base/clock.hpp"

namespace millrace {

timestamp system_clock::now() const {
  return std::chrono::floor<duration>(std::chrono::system_clock::now());
}

}  // namespace millrace
