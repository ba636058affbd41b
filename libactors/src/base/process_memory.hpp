/// How the C library keeps the memory of a whole process: so only a program calls these, before it
/// starts a thread. Elsewhere than with glibc they do nothing.
#pragma once

namespace millrace {

/// glibc gives each thread an arena; what another thread frees there is trimmed and grown again
/// all the time (docs/decisions/2026-11-27-one-arena.md). With one, what is freed is kept, up to a
/// bound, and lies on huge pages where the system has them: the first touch of a small page costs
/// more than most of what is done with it. For a program that is soon done.
void use_one_arena();

/// glibc puts blocks of up to 32 MiB among the small ones once it has seen their like, and keeps
/// what is free at the ends of its arenas: large states and replays that come and go would leave a
/// process that is several times as large as they are. For a program that stays.
void give_large_blocks_back();

}  // namespace millrace
