// host::read: the committed state of one instance, of the build that is served.
#include <fmt/format.h>

#include <algorithm>

#include "engine/recovery.hpp"
#include "flow/state_saver.hpp"
#include "host/built_result.hpp"
#include "host/host_calls.hpp"
#include "store/builds.hpp"
#include "wire/fingerprint.hpp"

namespace millrace {
namespace {

bool can_be_read_by(const v1::FlowType& served, const flow_type& newest) {
  if (newest.state_prototype == nullptr) return served.state_fingerprint().empty();
  const auto present = fingerprint(*newest.state_prototype->GetDescriptor());
  return !incompatible_field(served.state_fingerprint(), present);
}

/// Brings the instance to its checkpoint; the state in deterministic bytes.
result<std::string> present_state(host::parts& own, const flow_type& of, const flow_entry& flow,
                                  const loaded_flow& loaded) {
  if (needs_replay(loaded.checkpoint)) {
    pending_answer<void> written;
    const position through{loaded.checkpoint.position()};
    own.running->write_derived({flow.key, flow.build}, through, written.keep());
    if (auto done = await(own, written); !done) return done.error();
  }
  runner instance{of, flow.key};
  auto recovered = recover(*own.stored, own.types, of, flow, loaded, instance);
  if (!recovered) return recovered.error();
  return instance.state() == nullptr ? std::string{} : encode_deterministic(*instance.state());
}

/// Without the code that made it a state cannot be brought on from where it was saved: it is given
/// as it was there.
void be_as_saved(v1::Checkpoint& checkpoint) {
  if (!checkpoint.has_snapshot() || checkpoint.snapshot() >= checkpoint.position()) return;
  checkpoint.set_position(checkpoint.snapshot());
  if (checkpoint.changed() > checkpoint.snapshot()) checkpoint.set_changed(checkpoint.snapshot());
}

/// How far it is known that nothing else concerns the instance.
position scanned(const v1::Checkpoint& checkpoint, const engine_inspection& seen) {
  const position at{checkpoint.position()};
  const bool nothing_waits = !seen.latest || *seen.latest <= at;
  if (!nothing_waits || checkpoint.has_error_position() || seen.routed.value == 0) return at;
  return std::max(at, position{seen.routed.value - 1});
}

result<engine_inspection> inspect(host::parts& own, const flow_key& key) {
  pending_answer<engine_inspection> asked;
  own.running->inspect(key, asked.keep());
  return await(own, asked);
}

/// None: it is not alive.
result<std::optional<loaded_flow>> load_living(const store& from, const engine_inspection& seen) {
  if (!seen.flow) return std::optional<loaded_flow>{};
  auto loaded = from.load(*seen.flow);
  if (loaded && *loaded && !(*loaded)->checkpoint.has_life()) loaded->reset();
  return loaded;
}

/// Of the build that was served when the engine was asked.
result<raw_reading> read_build(host::parts& own, const flow_key& key, const flow_type& newest,
                               const engine_inspection& seen, const loaded_flow& loaded) {
  auto checkpoint = loaded.checkpoint;
  const auto& served = seen.served;
  raw_reading made{.state = {},
                   .scanned = {},
                   .changed = {},
                   .generation = checkpoint.generation() + served.schema_changes(),
                   .frozen = served.retired(),
                   .version = served.version()};
  if (const auto* code = code_of(*own.interest, key.type(), served.version())) {
    auto state = present_state(own, *code, {*seen.flow, key, {}, build_of(served)}, loaded);
    if (!state) return state.error();
    made.state = std::move(*state);
  } else {
    be_as_saved(checkpoint);
    made.state = loaded.state;
  }
  made.is_compatible = can_be_read_by(served, newest);
  made.scanned = scanned(checkpoint, seen);
  if (checkpoint.has_changed()) made.changed = position{checkpoint.changed()};
  return made;
}

}  // namespace

result<raw_reading> host::read(const flow_key& key) {
  auto& own = *parts_;
  const std::shared_lock use{own.usage};
  if (const auto why = unusable(own)) return *why;
  const auto type = own.interest->find(key.type());
  if (!type) {
    return error{errc::unknown_type, fmt::format("no flow type {} here", key.type())};
  }
  auto seen = inspect(own, key);
  while (seen) {
    auto loaded = load_living(*own.stored, *seen);
    if (!loaded) return loaded.error();
    auto read = *loaded ? read_build(own, key, *own.interest->types()[*type], *seen, **loaded)
                        : error{errc::not_found, "no living flow " + key.text()};
    const bool is_of_one_look = *loaded && !needs_replay((*loaded)->checkpoint);
    if (is_of_one_look) return read;
    // Its build may have been switched from, and dropped, while it was read.
    auto again = inspect(own, key);
    if (again && again->flow == seen->flow) return read;
    seen = std::move(again);
  }
  return seen.error();
}

error host::former_version(const flow_key& key, const raw_reading& read) {
  return {errc::incompatible,
          fmt::format("{} is served by version {}, as it was at {}, until the newer version has "
                      "caught up; its state is another message",
                      key.text(), read.version, read.scanned.value_or(position{}).value)};
}

}  // namespace millrace
