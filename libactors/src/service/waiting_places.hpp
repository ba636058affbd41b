/// How many calls may wait.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "millrace/result.hpp"

namespace millrace::service {

/// Places of several kinds, and in each kind so many for one client: others find one in any case.
/// Any thread.
class waiting_places {
 public:
  static constexpr std::size_t kinds = 3;

  /// `changed` gets 1 when a place is taken, and -1 when it is free again. Places are given back
  /// before this ends.
  explicit waiting_places(std::function<void(int)> changed) : changed_(std::move(changed)) {}

  /// A place until what is answered goes. `client` none: clients are not told apart. Errors:
  /// overloaded.
  [[nodiscard]] result<std::shared_ptr<const void>> take(std::size_t kind,
                                                         std::optional<std::size_t> client);

 private:
  void give_back(std::size_t kind, std::optional<std::size_t> client);

  std::function<void(int)> changed_;
  std::mutex guard_;
  std::array<std::size_t, kinds> taken_{};
  std::map<std::pair<std::size_t, std::size_t>, std::size_t> taken_by_;  // kind and client
};

}  // namespace millrace::service
