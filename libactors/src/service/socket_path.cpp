#include "service/socket_path.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/un.h>
#include <unistd.h>

#include <system_error>

namespace millrace::service {

result<socket_path> socket_path::of(const std::filesystem::path& where) {
  constexpr std::size_t size_max = sizeof(sockaddr_un::sun_path) - 1;
  if (where.native().size() <= size_max) return socket_path{where, where.string(), -1};
  const auto parent = where.parent_path();
  const int directory = ::open(parent.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) {
    return error{errc::not_found, fmt::format("cannot open {}: {}", parent.string(),
                                              std::generic_category().message(errno))};
  }
  socket_path made{where, fmt::format("/proc/self/fd/{}/{}", directory, where.filename().string()),
                   directory};
  if (made.text_.size() > size_max) {
    return error{errc::invalid, where.filename().string() + " is too long for a socket"};
  }
  return made;
}

socket_path::~socket_path() {
  if (directory_ >= 0) ::close(directory_);
}

}  // namespace millrace::service
