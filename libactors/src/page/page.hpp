/// The built monitor page (apps/monitor/dist), inside the program.
#pragma once

#include <span>
#include <string_view>

namespace millrace::built_page {

struct file {
  std::string_view path;  ///< below dist, with slashes
  std::string_view media_type;
  std::string_view hash;      ///< of the content
  bool is_immutable = false;  ///< its name changes with its content
  std::string_view plain;
  std::string_view compressed;  ///< gzip; empty: that would not be smaller
};

/// In order of paths. Made by cmake/embed_page.cmake.
[[nodiscard]] std::span<const file> files();
/// Null: there is no such file.
[[nodiscard]] const file* find(std::string_view path);

}  // namespace millrace::built_page
