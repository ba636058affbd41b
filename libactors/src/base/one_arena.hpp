/// Memory of a process in which threads hand each other what they allocate.
#pragma once

namespace millrace {

/// glibc gives each thread an arena; what another thread frees there is trimmed and grown again
/// all the time (docs/decisions/2026-11-27-one-arena.md). With one, what is freed is kept, up to a
/// bound, and lies on huge pages where the system has them: the first touch of a small page costs
/// more than most of what is done with it. It is of the whole process, so only a program calls
/// this, before it starts a thread. Elsewhere than with glibc it does nothing.
void use_one_arena();

}  // namespace millrace
