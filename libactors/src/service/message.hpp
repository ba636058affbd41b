/// A request and its answer, whatever carries them.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "millrace/result.hpp"

namespace millrace::service {

using field = std::pair<std::string, std::string>;

/// None: it is not there. The first one of several.
[[nodiscard]] std::optional<std::string_view> find(const std::vector<field>& fields,
                                                   std::string_view name);

/// A body of any length, which is worked on while it arrives: bytes to read, in a buffer of the
/// system that is bounded; when it is full the client waits.
struct arriving_body {
  explicit arriving_body(int to_read) : descriptor(to_read) {}
  ~arriving_body();
  arriving_body(const arriving_body&) = delete;
  arriving_body& operator=(const arriving_body&) = delete;

  int descriptor;  ///< a stream that ends where the body ends; whoever reads it may close it
  std::atomic<bool> broken = false;  ///< it ended before the body did; said before its end is seen
};

/// As it was sent; the names of header fields are in lower case.
struct request {
  std::string method;
  std::string target;  ///< path and query, undecoded
  std::vector<field> header;
  std::string body;
  std::shared_ptr<arriving_body> arriving = {};  ///< in place of `body`; null: it is there
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
  /// What follows `body`, a piece at a time, each when the one before was taken. An empty one: that
  /// was all. An error: the connection breaks, since what was sent cannot be taken back.
  std::function<result<std::string>()> more = {};
  /// Not an answer yet: what to ask again later, and nothing else of this counts. Must not wait.
  std::function<response()> later = {};

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
