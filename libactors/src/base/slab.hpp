/// Objects of one kind that lie close together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

#include "base/block_pool.hpp"
#include "base/limits.hpp"

namespace millrace {

/// Where many small objects come and go, and each stays where it is. Who visits many of them in no
/// order waits for pages as much as for the memory itself, and these lie on few; and a block with
/// nothing in it is given back. Whoever makes an object frees it before the slab goes. One thread.
template <class Object>
class slab {
 public:
  slab() = default;
  slab(const slab&) = delete;
  slab& operator=(const slab&) = delete;

  template <class... Arguments>
  [[nodiscard]] Object* make(Arguments&&... from) {
    static_assert(noexcept(Object{std::forward<Arguments>(from)...}));  // the place is taken
    if (open_ == nullptr) open(start_block());
    auto* const of = open_;
    auto* const taken = of->free;
    of->free = taken->next;
    ++of->used;
    if (of->free == nullptr) close(of);
    return new (taken->room) Object{std::forward<Arguments>(from)...};
  }
  void free(Object* object) {
    auto* const of = block_of(object);
    object->~Object();
    auto* const freed = reinterpret_cast<place*>(object);
    if (of->free == nullptr) open(of);
    freed->next = std::exchange(of->free, freed);
    if (--of->used > 0) return;
    close(of);
    block_pool::give(of, limits::block_size);
  }

 private:
  union place {
    place* next;
    alignas(Object) std::byte room[sizeof(Object)];
  };
  struct block {
    block* before;  ///< among those with room
    block* after;
    place* free;
    std::uint32_t used;
  };
  static constexpr std::size_t first =
      (sizeof(block) + alignof(place) - 1) / alignof(place) * alignof(place);
  static constexpr std::size_t places = (limits::block_size - first) / sizeof(place);
  static_assert(places > 1);

  /// Blocks are aligned to their size.
  static block* block_of(Object* object) {
    auto* const at = reinterpret_cast<char*>(object);
    return reinterpret_cast<block*>(at - reinterpret_cast<std::uintptr_t>(at) % limits::block_size);
  }
  static block* start_block() {
    auto* const memory = static_cast<char*>(block_pool::take(limits::block_size));
    auto* const made = new (memory) block{nullptr, nullptr, nullptr, 0};
    for (auto i = places; i-- > 0;) {
      made->free = new (memory + first + i * sizeof(place)) place{.next = made->free};
    }
    return made;
  }
  void open(block* which) {
    which->before = nullptr;
    which->after = open_;
    if (open_ != nullptr) open_->before = which;
    open_ = which;
  }
  void close(block* which) {
    (which->before != nullptr ? which->before->after : open_) = which->after;
    if (which->after != nullptr) which->after->before = which->before;
  }

  block* open_ = nullptr;  // those with room
};

}  // namespace millrace
