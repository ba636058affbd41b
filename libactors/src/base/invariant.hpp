/// Broken invariants: always on, print both sides, abort. For what cannot happen; input is never
/// one.
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace millrace::detail {

[[noreturn]] inline void fail_invariant(std::string_view what, const std::string& sides,
                                        const char* file, int line) {
  std::fputs(fmt::format("millrace: broken invariant: {} ({}) at {}:{}\n", what, sides, file, line)
                 .c_str(),
             stderr);
  std::abort();
}

}  // namespace millrace::detail

#define MILLRACE_INVARIANT(condition)                                              \
  do {                                                                             \
    if (!(condition)) [[unlikely]] {                                               \
      ::millrace::detail::fail_invariant(#condition, "false", __FILE__, __LINE__); \
    }                                                                              \
  } while (false)

/// `op` is a comparison: MILLRACE_INVARIANT_CMP(first, ==, tail).
#define MILLRACE_INVARIANT_CMP(left, op, right)                                               \
  do {                                                                                        \
    const auto& left_side = (left);                                                           \
    const auto& right_side = (right);                                                         \
    if (!(left_side op right_side)) [[unlikely]] {                                            \
      ::millrace::detail::fail_invariant(#left " " #op " " #right,                            \
                                         fmt::format("{} against {}", left_side, right_side), \
                                         __FILE__, __LINE__);                                 \
    }                                                                                         \
  } while (false)
