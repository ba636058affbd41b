#include "wire/body_pool.hpp"

#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "wire/pooled_arena.hpp"

namespace millrace {

using google::protobuf::Message;

bodies::bodies() : arena_(pooled_arena()) {}

Message& bodies::next(const Message& prototype, std::size_t payload) {
  auto& [of, made, used] = kind_of(prototype);
  if (used == made.size()) made.push_back(of->New(&arena_));
  decoded_size_ += payload;
  return *made[used++];
}

bodies::kind& bodies::kind_of(const Message& prototype) {
  const auto is_of = [&](const kind& one) { return one.prototype == &prototype; };
  if (last_ < kinds_.size() && is_of(kinds_[last_])) return kinds_[last_];
  auto found = std::find_if(kinds_.begin(), kinds_.end(), is_of);
  if (found == kinds_.end()) found = kinds_.insert(found, {&prototype, {}, 0});
  last_ = static_cast<std::size_t>(found - kinds_.begin());
  return *found;
}

void bodies::all_are_free() {
  const auto before = std::exchange(arena_size_, arena_.SpaceAllocated());
  const auto decoded = std::exchange(decoded_size_, 0);
  if (arena_size_ > before) texts_size_ += decoded;
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
            given->all_are_free();
            if (given->size() > limits::bodies_size_max) return;
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
