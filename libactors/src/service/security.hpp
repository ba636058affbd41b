/// Who may ask: tokens, and browsers that somebody else's page drives.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/result.hpp"
#include "service/message.hpp"

namespace millrace::service {

enum class access { nothing, reading, everything };

/// The lines of a token file, `read TOKEN` or `all TOKEN`; `#` begins a comment.
class token_list {
 public:
  /// Errors: invalid, by line number and without the token.
  [[nodiscard]] static result<token_list> parse(std::string_view text);
  /// Errors: not_found; invalid (others than its owner can read or write it, no plain file, no
  /// token in it).
  [[nodiscard]] static result<token_list> read(const std::filesystem::path& file);

  /// What the bearer of this token may do. Compares with every token, each in a time that depends
  /// on its length alone.
  [[nodiscard]] access of(std::string_view token) const { return bearer_of(token).may; }
  /// And which one it is; unknown tokens are all the same.
  struct bearer {
    access may = access::nothing;
    std::size_t number = 0;
  };
  [[nodiscard]] bearer bearer_of(std::string_view token) const;

 private:
  struct entry {
    std::string token;
    access may = access::reading;
  };
  std::vector<entry> entries_;
};

/// What a WebSocket of this service speaks; see docs/decisions/2026-11-26-web-sockets.md.
inline constexpr std::string_view socket_protocol = "millrace.v1";
[[nodiscard]] bool offers_protocol(const request& asked);
/// It asks for a WebSocket.
[[nodiscard]] bool is_upgrade(const request& asked);

/// `address` is numeric, without brackets.
[[nodiscard]] bool is_loopback(std::string_view address);

/// What the service listens on decides which names a browser may know it by.
struct guard {
  std::optional<token_list> tokens;  ///< none: everybody who reaches it may do everything
  bool loopback_only = true;

  /// None: go on. `needs` is what the call asks for. Looks at Host (a name that was bound to our
  /// address must not get in: 421, or 400 when it is missing), Origin (403), Authorization (401,
  /// 403). What comes through the store's own socket is the owner's.
  [[nodiscard]] std::optional<response> refuse(const request& asked, access needs) const;
  /// Tells clients apart: the number of the token. None: there are no tokens.
  [[nodiscard]] std::optional<std::size_t> client_of(const request& asked) const;
};

}  // namespace millrace::service
