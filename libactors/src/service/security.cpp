#include "service/security.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <system_error>

#include "base/service_limits.hpp"
#include "exchange/json_text.hpp"
#include "service/problem.hpp"

namespace millrace::service {
namespace {

bool is_token_character(char c) { return c > 0x20 && c < 0x7f; }

/// Every byte of `secret` is looked at, whatever differs.
bool equal_in_constant_time(std::string_view secret, std::string_view given) {
  volatile unsigned difference = secret.size() == given.size() ? 0 : 1;
  for (std::size_t i = 0; i < secret.size(); ++i) {
    const auto other = i < given.size() ? static_cast<unsigned char>(given[i]) : 0u;
    difference = difference | (static_cast<unsigned char>(secret[i]) ^ other);
  }
  return difference == 0;
}

std::string lower(std::string_view text) {
  std::string made{text};
  std::transform(made.begin(), made.end(), made.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return made;
}

/// Without the port.
std::string_view name_of(std::string_view host) {
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
  return host.substr(0, host.find(':'));
}

bool is_own_name(std::string_view host) {
  const auto name = lower(name_of(host));
  return name == "localhost" || name == "[::1]" || (name.starts_with("127.") && is_loopback(name));
}

std::optional<response> refuse_host(const request& asked, bool loopback_only) {
  const auto count = std::count_if(asked.header.begin(), asked.header.end(),
                                   [](const field& one) { return one.first == "host"; });
  const auto host = asked.header_of("host");
  if (count != 1 || host->empty()) {
    return problem({errc::invalid, "a request names one host"});
  }
  if (!loopback_only || is_own_name(*host)) return std::nullopt;
  return problem(421, {errc::invalid, "this service is not known by that name"});
}

/// A page of another origin must not drive it, whatever it could read of the answer.
std::optional<response> refuse_origin(const request& asked) {
  const auto origin = asked.header_of("origin");
  if (!origin) return std::nullopt;
  const auto own = "http://" + lower(asked.header_of("host").value_or(""));
  if (lower(*origin) == own) return std::nullopt;
  return problem(403, {errc::invalid, "pages of another origin have no access"});
}

/// Calls until it returns true.
template <class Visit>
bool any_protocol(const request& asked, const Visit& visit) {
  auto offered = asked.header_of("sec-websocket-protocol").value_or("");
  while (!offered.empty()) {
    const auto end = offered.find(',');
    auto one = offered.substr(0, end);
    offered.remove_prefix(end == offered.npos ? offered.size() : end + 1);
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    if (visit(one)) return true;
  }
  return false;
}

/// From base64url without padding; empty: it is none.
std::string decoded_token(std::string_view text) {
  std::string usual{text};
  std::replace(usual.begin(), usual.end(), '-', '+');
  std::replace(usual.begin(), usual.end(), '_', '/');
  while (usual.size() % 4 != 0) usual += '=';
  std::string made(exchange::base64_size_max(usual.size()), '\0');
  std::size_t size = 0;
  if (!exchange::decode_base64(usual, made.data(), size)) return {};
  made.resize(size);
  return made;
}

/// A page cannot set the header of a WebSocket: its token comes as one of the protocols.
std::string token_of(const request& asked) {
  constexpr std::string_view scheme = "bearer ";
  constexpr std::string_view protocol = "millrace.bearer.";
  const auto given = asked.header_of("authorization").value_or("");
  if (lower(given.substr(0, scheme.size())) == scheme) {
    return std::string{given.substr(scheme.size())};
  }
  std::string found;
  if (!is_upgrade(asked)) return found;
  any_protocol(asked, [&](std::string_view one) {
    if (!one.starts_with(protocol)) return false;
    found = decoded_token(one.substr(protocol.size()));
    return true;
  });
  return found;
}

std::optional<response> refuse_token(const token_list& tokens, const request& asked, access needs) {
  const auto may = tokens.of(token_of(asked));
  if (may == access::nothing) {
    return problem(401, {errc::invalid, "a token is needed: Authorization: Bearer TOKEN"})
        .with("www-authenticate", "Bearer");
  }
  if (may >= needs) return std::nullopt;
  return problem(403, {errc::invalid, "this token is for reading only"});
}

}  // namespace

result<token_list> token_list::parse(std::string_view text) {
  token_list made;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.front() == '#') continue;
    const auto wrong = [&](std::string_view why) {
      return error{errc::invalid, fmt::format("line {} of the token file {}", number, why)};
    };
    const auto space = line.find(' ');
    const auto kind = line.substr(0, space);
    if (space == line.npos || (kind != "read" && kind != "all")) {
      return wrong("is neither `read TOKEN` nor `all TOKEN`");
    }
    const auto token = line.substr(space + 1);
    if (token.size() < limits::token_size_min || token.size() > limits::token_size_max ||
        !std::all_of(token.begin(), token.end(), is_token_character)) {
      return wrong(fmt::format("has no token of {} to {} visible ASCII characters",
                               limits::token_size_min, limits::token_size_max));
    }
    if (made.entries_.size() == limits::tokens_max) return wrong("is one token too many");
    made.entries_.push_back(
        {std::string{token}, kind == "all" ? access::everything : access::reading});
  }
  if (made.entries_.empty()) return error{errc::invalid, "the token file has no token"};
  return made;
}

result<token_list> token_list::read(const std::filesystem::path& file) {
  struct stat found {};
  if (::stat(file.c_str(), &found) != 0) {
    return error{errc::not_found, fmt::format("the token file {} cannot be read: {}", file.string(),
                                              std::generic_category().message(errno))};
  }
  if (!S_ISREG(found.st_mode) || (found.st_mode & 077) != 0) {
    return error{errc::invalid, fmt::format("the token file {} must be a plain file that its owner "
                                            "alone can read: chmod 600",
                                            file.string())};
  }
  std::ifstream from{file};
  const std::string text{std::istreambuf_iterator<char>{from}, {}};
  if (!from.good() && !from.eof()) {
    return error{errc::not_found, fmt::format("the token file {} cannot be read", file.string())};
  }
  return parse(text);
}

token_list::bearer token_list::bearer_of(std::string_view token) const {
  bearer found;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (!equal_in_constant_time(entries_[i].token, token)) continue;
    found = {std::max(found.may, entries_[i].may), i + 1};
  }
  return found;
}

bool offers_protocol(const request& asked) {
  return any_protocol(asked, [](std::string_view one) { return one == socket_protocol; });
}

bool is_upgrade(const request& asked) {
  return asked.method == "GET" && lower(asked.header_of("upgrade").value_or("")) == "websocket";
}

bool is_loopback(std::string_view address) {
  if (address == "::1") return true;
  const auto part_is_number = [](std::string_view part) {
    return !part.empty() && part.size() <= 3 &&
           std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
  };
  if (!address.starts_with("127.")) return false;
  int parts = 0;
  for (;; ++parts) {
    const auto end = address.find('.');
    if (!part_is_number(address.substr(0, end))) return false;
    if (end == address.npos) return parts == 3;
    address.remove_prefix(end + 1);
  }
}

std::optional<response> guard::refuse(const request& asked, access needs) const {
  if (asked.through_socket) return refuse_origin(asked);
  if (auto refused = refuse_host(asked, loopback_only)) return refused;
  if (auto refused = refuse_origin(asked)) return refused;
  if (!tokens || needs == access::nothing) return std::nullopt;
  return refuse_token(*tokens, asked, needs);
}

std::optional<std::size_t> guard::client_of(const request& asked) const {
  if (!tokens) return std::nullopt;
  return asked.through_socket ? 0 : tokens->bearer_of(token_of(asked)).number;
}

}  // namespace millrace::service
