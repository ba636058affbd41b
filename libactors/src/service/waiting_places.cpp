#include "service/waiting_places.hpp"

#include "base/service_limits.hpp"

namespace millrace::service {

result<std::shared_ptr<const void>> waiting_places::take(std::size_t kind,
                                                         std::optional<std::size_t> client) {
  {
    const std::lock_guard locked{guard_};
    if (taken_.at(kind) == limits::calls_waiting_max) {
      return error{errc::overloaded, "too many calls like this one wait"};
    }
    auto* own = client ? &taken_by_[{kind, *client}] : nullptr;
    if (own != nullptr && *own == limits::calls_waiting_each_max) {
      return error{errc::overloaded, "too many calls like this one, of this token, wait"};
    }
    ++taken_[kind];
    if (own != nullptr) ++*own;
  }
  changed_(1);
  return std::shared_ptr<const void>{
      this, [this, kind, client](const void*) { give_back(kind, client); }};
}

void waiting_places::give_back(std::size_t kind, std::optional<std::size_t> client) {
  {
    const std::lock_guard locked{guard_};
    --taken_[kind];
    if (client && --taken_by_[{kind, *client}] == 0) taken_by_.erase({kind, *client});
  }
  changed_(-1);
}

}  // namespace millrace::service
