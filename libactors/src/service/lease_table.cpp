#include "service/lease_table.hpp"

#include <fmt/format.h>

#include <chrono>

#include "base/service_limits.hpp"

namespace millrace::service {
namespace {

error not_held(const std::string& key, std::uint64_t epoch) {
  return {errc::conflict,
          fmt::format("epoch {} is not that of a lease of {}: it ended, or was never given; take a "
                      "new one",
                      epoch, key)};
}

}  // namespace

result<lease_table::held> lease_table::take(const lease_wish& wanted) {
  auto found = find(wanted.key, !wanted.epoch);
  if (!found) return found.error();
  if (*found == nullptr) return not_held(wanted.key, *wanted.epoch);
  held made{.of = *found, .use = std::unique_lock{(*found)->busy}};
  auto& one = *made.of;
  const bool over = is_over(one);
  if (wanted.epoch && (over || one.epoch != *wanted.epoch)) {
    return not_held(wanted.key, *wanted.epoch);
  }
  if (!wanted.epoch) {
    if (!over) {
      const auto left = std::chrono::ceil<std::chrono::seconds>(one.until - clock_.steady());
      return error{
          errc::conflict,
          fmt::format("{} is leased to {} for {} seconds, unless that is renewed", wanted.key,
                      one.holder.empty() ? "somebody else" : one.holder, left.count())};
    }
    std::scoped_lock lock{guard_};
    auto epoch = numbers_.next();
    if (!epoch) return epoch.error();
    one.epoch = *epoch;
    one.last.reset();
    one.holder = wanted.holder;
  }
  one.length = wanted.length;
  renew(one);
  return made;
}

result<lease_table::held> lease_table::use(const std::string& key, std::uint64_t epoch) {
  auto found = find(key, false);
  if (!found) return found.error();
  if (*found == nullptr) return not_held(key, epoch);
  held made{.of = *found, .use = std::unique_lock{(*found)->busy}};
  if (is_over(*made.of) || made.of->epoch != epoch) return not_held(key, epoch);
  return made;
}

/// Null: there is none, and none was to be made.
result<std::shared_ptr<lease_table::entry>> lease_table::find(const std::string& key, bool make) {
  std::scoped_lock lock{guard_};
  const auto known = all_.find(key);
  if (known != all_.end()) return known->second;
  if (!make) return std::shared_ptr<entry>{};
  if (all_.size() >= limits::leases_max) forget_ended();
  if (all_.size() >= limits::leases_max) {
    return error{errc::overloaded, fmt::format("{} leases are held", all_.size())};
  }
  return all_.emplace(key, std::make_shared<entry>()).first->second;
}

/// Under the guard. Those that somebody looks at stay.
void lease_table::forget_ended() {
  std::erase_if(all_, [this](const auto& each) {
    if (each.second.use_count() > 1) return false;
    const std::unique_lock use{each.second->busy, std::try_to_lock};
    return use.owns_lock() && is_over(*each.second);
  });
}

void lease_table::renew(entry& one) {
  const std::scoped_lock lock{guard_};
  one.until = clock_.steady() + one.length;
}

void lease_table::end(entry& one) {
  const std::scoped_lock lock{guard_};
  one.epoch = 0;
}

std::vector<lease_table::shown> lease_table::list(std::string_view after, std::size_t most) const {
  std::vector<shown> made;
  const std::scoped_lock lock{guard_};
  const auto now = clock_.steady();
  for (auto at = all_.upper_bound(after); at != all_.end() && made.size() < most; ++at) {
    const auto& one = *at->second;
    if (is_over(one)) continue;
    made.push_back({at->first, one.epoch, one.holder, one.until - now});
  }
  return made;
}

}  // namespace millrace::service
