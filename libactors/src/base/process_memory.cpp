#include "base/process_memory.hpp"

#include <array>
#include <cstdint>
#include <cstdlib>
#if defined(__GLIBC__)
#include <malloc.h>
#include <sys/mman.h>
#endif

namespace millrace {

#if defined(__GLIBC__)
namespace {

constexpr std::size_t mapped_alone = std::size_t{32} << 20;  // the most that glibc takes
constexpr std::size_t page = std::size_t{2} << 20;
constexpr std::size_t piece = mapped_alone - page;
constexpr std::size_t kept = 4 * mapped_alone;
// Of a program that stays.
constexpr int own_block_size = 4 << 20;   // larger ones are the system's again when freed
constexpr int kept_free_size = 16 << 20;  // of each arena

/// The heap grows by room that nothing is in yet, so that it can be said of it.
void want_huge_pages() {
  std::array<char*, 3> pieces{};
  for (auto& each : pieces) each = static_cast<char*>(std::malloc(piece));
  const auto begin = reinterpret_cast<std::uintptr_t>(pieces.front());
  const auto end = reinterpret_cast<std::uintptr_t>(pieces.back()) + piece;
  const bool is_one = begin != 0 && end > begin && end - begin < pieces.size() * piece + page;
  if (is_one) {
    const auto before = (page - begin % page) % page;
    (void)::madvise(pieces.front() + before, (end - begin - before) / page * page, MADV_HUGEPAGE);
  }
  for (auto each = pieces.rbegin(); each != pieces.rend(); ++each) std::free(*each);
}

}  // namespace

void use_one_arena() {
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_TRIM_THRESHOLD, static_cast<int>(kept));
  mallopt(M_MMAP_THRESHOLD, static_cast<int>(mapped_alone));
  want_huge_pages();
}

void give_large_blocks_back() {
  mallopt(M_MMAP_THRESHOLD, own_block_size);
  mallopt(M_TRIM_THRESHOLD, kept_free_size);
}
#else
void use_one_arena() {}
void give_large_blocks_back() {}
#endif

}  // namespace millrace
