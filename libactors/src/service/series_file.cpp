#include "service/series_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <fstream>
#include <limits>

namespace millrace::service {
namespace {

// Never change: what is stored was made with them.
constexpr std::uint64_t first_sum = 0x6d7273657269'6573u;  // "mrseries"
constexpr std::int64_t no_time = std::numeric_limits<std::int64_t>::min();
using entry = std::array<std::uint64_t, 3>;  // position, time before, sum; little endian
static_assert(std::endian::native == std::endian::little);

std::uint64_t mixed(std::uint64_t sum, std::uint64_t with) {
  sum = (sum ^ with) * 0x9e3779b97f4a7c15u;
  return sum ^ sum >> 29;
}

std::int64_t micros_of(std::optional<timestamp> time) {
  if (!time) return no_time;
  return std::chrono::duration_cast<std::chrono::microseconds>(time->time_since_epoch()).count();
}

entry entry_of(const series_block& of, std::uint64_t sum_before) {
  const auto time = std::bit_cast<std::uint64_t>(micros_of(of.before));
  return {of.begin.value, time, mixed(mixed(sum_before, of.begin.value), time)};
}

series_block block_of(const entry& of) {
  series_block made{.begin = position{of[0]}, .before = {}};
  const auto micros = std::bit_cast<std::int64_t>(of[1]);
  if (micros != no_time) made.before = timestamp{std::chrono::microseconds{micros}};
  return made;
}

}  // namespace

std::vector<series_block> series_file::read() {
  std::vector<series_block> made;
  sums_.clear();
  if (path_.empty()) return made;
  std::ifstream in{path_, std::ios::binary};
  entry next{};
  while (in.read(reinterpret_cast<char*>(next.data()), sizeof next)) {
    const auto block = block_of(next);
    if (entry_of(block, sums_.empty() ? first_sum : sums_.back()) != next) break;
    made.push_back(block);
    sums_.push_back(next[2]);
  }
  return made;
}

void series_file::cut(std::size_t count) { sums_.resize(std::min(count, sums_.size())); }

bool series_file::append(const std::vector<series_block>& more) {
  if (path_.empty() || more.empty()) return true;
  const int file = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) return false;
  const auto offset = sums_.size() * sizeof(entry);
  std::vector<entry> bytes;
  auto sum = sums_.empty() ? first_sum : sums_.back();
  for (const auto& one : more) {
    bytes.push_back(entry_of(one, sum));
    sum = bytes.back()[2];
  }
  const auto size = bytes.size() * sizeof(entry);
  // What was behind it belongs to another timeline, or is half an entry.
  const bool written =
      ::ftruncate(file, static_cast<off_t>(offset)) == 0 &&
      ::pwrite(file, bytes.data(), size, static_cast<off_t>(offset)) == static_cast<ssize_t>(size);
  ::close(file);
  if (!written) return false;
  for (const auto& one : bytes) sums_.push_back(one[2]);
  return true;
}

}  // namespace millrace::service
