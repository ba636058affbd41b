#include "wire/body_pool.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "wire/pooled_arena.hpp"

namespace millrace {

using google::protobuf::Message;

bodies::bodies() : arena_(pooled_arena()) {}

Message& bodies::next(const Message& prototype) {
  auto found = std::find_if(kinds_.begin(), kinds_.end(),
                            [&](const kind& one) { return one.prototype == &prototype; });
  if (found == kinds_.end()) found = kinds_.insert(found, {&prototype, {}, 0});
  auto& [of, made, used] = *found;
  if (used == made.size()) made.push_back(of->New(&arena_));
  return *made[used++];
}

void bodies::all_are_free() {
  for (auto& each : kinds_) each.used = 0;
}

std::shared_ptr<bodies> body_pool::take() {
  std::unique_ptr<bodies> taken;
  {
    std::scoped_lock lock{kept_->mutex};
    if (!kept_->free.empty()) {
      taken = std::move(kept_->free.back());
      kept_->free.pop_back();
    }
  }
  if (!taken) taken = std::make_unique<bodies>();
  return {taken.release(), [kept = kept_](bodies* done) {
            std::unique_ptr<bodies> given{done};
            if (given->size() > limits::bodies_size_max) return;
            given->all_are_free();
            std::scoped_lock lock{kept->mutex};
            if (kept->free.size() < limits::windows_max) kept->free.push_back(std::move(given));
          }};
}

void body_pool::trim() {
  std::vector<std::unique_ptr<bodies>> dropped;  // freed after the lock
  std::scoped_lock lock{kept_->mutex};
  dropped.swap(kept_->free);
}

}  // namespace millrace
