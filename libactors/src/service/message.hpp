/// A request and its answer, whatever carries them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace::service {

using field = std::pair<std::string, std::string>;

/// None: it is not there. The first one of several.
[[nodiscard]] std::optional<std::string_view> find(const std::vector<field>& fields,
                                                   std::string_view name);

/// As it was sent; the names of header fields are in lower case.
struct request {
  std::string method;
  std::string target;  ///< path and query, undecoded
  std::vector<field> header;
  std::string body;
  bool through_socket = false;  ///< the store's own socket, which its owner alone can open

  [[nodiscard]] std::optional<std::string_view> header_of(std::string_view name) const {
    return find(header, name);
  }
};

struct response {
  unsigned status = 200;
  std::string body;
  std::string content_type = "application/json";
  std::vector<field> header;

  response& with(std::string name, std::string value) & {
    header.emplace_back(std::move(name), std::move(value));
    return *this;
  }
  response&& with(std::string name, std::string value) && {
    header.emplace_back(std::move(name), std::move(value));
    return std::move(*this);
  }
};

}  // namespace millrace::service
