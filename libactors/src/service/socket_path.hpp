/// A path for a socket's address, which holds 107 bytes, whatever the length of the real one.
#pragma once

#include <filesystem>
#include <string>
#include <utility>

#include "millrace/result.hpp"

namespace millrace::service {

/// Goes through an open directory while this lives. One owner.
class socket_path {
 public:
  /// Errors: not_found (there is no such directory), invalid (the file's own name is too long).
  [[nodiscard]] static result<socket_path> of(const std::filesystem::path& where);
  socket_path(socket_path&& other) noexcept
      : where_(std::move(other.where_)),
        text_(std::move(other.text_)),
        directory_(std::exchange(other.directory_, -1)) {}
  socket_path& operator=(socket_path&&) = delete;
  ~socket_path();

  [[nodiscard]] const std::filesystem::path& where() const { return where_; }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  socket_path(std::filesystem::path where, std::string text, int directory)
      : where_(std::move(where)), text_(std::move(text)), directory_(directory) {}

  std::filesystem::path where_;
  std::string text_;
  int directory_;
};

}  // namespace millrace::service
