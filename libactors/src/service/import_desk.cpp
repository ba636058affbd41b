#include "service/import_desk.hpp"

namespace millrace::service {

result<import_desk::turn> import_desk::begin() {
  const std::lock_guard locked{guard_};
  if (busy_) return error{errc::conflict, "another import is under way"};
  busy_ = true;
  standing_ = documents::json::object();
  return turn{*this};
}

void import_desk::tell(documents::json standing) {
  const std::lock_guard locked{guard_};
  standing_ = std::move(standing);
}

std::optional<documents::json> import_desk::standing() const {
  const std::lock_guard locked{guard_};
  if (!busy_) return std::nullopt;
  return standing_;
}

void import_desk::end() {
  const std::lock_guard locked{guard_};
  busy_ = false;
}

}  // namespace millrace::service
