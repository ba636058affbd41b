#include "base/clock.hpp"

namespace millrace {

timestamp system_clock::now() const {
  return std::chrono::floor<duration>(std::chrono::system_clock::now());
}

timestamp system_clock::steady() const {
  return timestamp{
      std::chrono::floor<duration>(std::chrono::steady_clock::now().time_since_epoch())};
}

}  // namespace millrace
