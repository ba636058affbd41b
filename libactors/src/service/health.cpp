#include "service/health.hpp"

#include <fmt/format.h>

#include "base/service_limits.hpp"
#include "host/host_calls.hpp"

namespace millrace::service {
namespace {

std::optional<std::string> store_problem(host& over) {
  const auto& inside = over.inside();
  if (const auto why = unusable(over.inside())) return why->message;
  if (inside.running->is_held()) return "the disk is full: what flows decided waits to be written";
  return std::nullopt;
}

std::optional<std::string> disk_problem(const std::filesystem::path& store) {
  std::error_code failed;
  const auto room = std::filesystem::space(store, failed);
  if (failed) return "the disk cannot be looked at: " + failed.message();
  if (room.available >= limits::disk_free_min) return std::nullopt;
  return fmt::format("{} bytes are free on the disk; at least {} are wanted", room.available,
                     limits::disk_free_min);
}

std::optional<std::string> flows_problem(host& over) {
  if (over.inside().options.run_flows) return std::nullopt;
  return "this host was told to run no flow";
}

}  // namespace

std::vector<check> health::look(host& over, const std::filesystem::path& store, timestamp now) {
  const std::lock_guard locked{guard_};
  return {settle("store", store_problem(over), now), settle("disk", disk_problem(store), now),
          settle("flows", flows_problem(over), now)};
}

check health::settle(std::string name, std::optional<std::string> problem, timestamp now) {
  const auto [known, fresh] = seen_.try_emplace(name, seen{!problem, now});
  if (!fresh && known->second.well != !problem) known->second = {!problem, now};
  return {std::move(name), std::move(problem), known->second.since};
}

}  // namespace millrace::service
