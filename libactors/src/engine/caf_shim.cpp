#include "engine/caf_shim.hpp"

#include "engine/messages.hpp"

namespace millrace {
namespace {

constexpr std::size_t messages_per_turn = 16;

}  // namespace

#if defined(CAF_VERSION_MAJOR) || CAF_VERSION >= 1800

void apply(caf::actor_system_config& config, const scheduler_settings& settings) {
  config.set("caf.scheduler.policy", settings.testing ? "testing" : "sharing");
  if (settings.threads != 0) config.set("caf.scheduler.max-threads", settings.threads);
  config.set("caf.scheduler.max-throughput", messages_per_turn);
}

void initialise_messages() { caf::init_global_meta_objects<caf::id_block::millrace>(); }

#else

void apply(caf::actor_system_config& config, const scheduler_settings& settings) {
  config.set("scheduler.policy", caf::atom_from_string(settings.testing ? "testing" : "sharing"));
  if (settings.threads != 0) config.set("scheduler.max-threads", settings.threads);
  config.set("scheduler.max-throughput", messages_per_turn);
}

void initialise_messages() {}

#endif

}  // namespace millrace
