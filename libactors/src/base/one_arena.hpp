/// Memory of a process in which threads hand each other what they allocate.
#pragma once

#include <cstdlib>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace millrace {

/// glibc gives each thread an arena; what another thread frees there is trimmed and grown again
/// all the time (docs/decisions/2026-11-27-one-arena.md). It is of the whole process, so only a
/// program calls this, before it starts a thread.
inline void use_one_arena() {
#if defined(__GLIBC__)
  mallopt(M_ARENA_MAX, 1);
#endif
}

}  // namespace millrace
