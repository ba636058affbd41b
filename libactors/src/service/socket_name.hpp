/// Where the daemon of a store listens for programs of the store's owner.
#pragma once

#include <filesystem>

namespace millrace::service {

[[nodiscard]] inline std::filesystem::path socket_of(const std::filesystem::path& store) {
  return store / "service.sock";
}

}  // namespace millrace::service
