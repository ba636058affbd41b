#include "engine/flow_types.hpp"

#include <fmt/format.h>

#include <map>

#include "store/builds.hpp"
#include "wire/fingerprint.hpp"

namespace millrace {
namespace {

v1::FlowType describe(const flow_type& hosted) {
  v1::FlowType made;
  made.set_name(hosted.name);
  made.set_version(static_cast<std::uint32_t>(hosted.version));
  made.set_topic(hosted.topic);
  made.set_single(hosted.single);
  if (hosted.state_prototype != nullptr) {
    made.set_state_fingerprint(fingerprint(*hosted.state_prototype->GetDescriptor()));
  }
  return made;
}

result<void> check(const v1::FlowType& stored, const v1::FlowType& present) {
  const auto refuse = [&](std::string_view why) -> result<void> {
    return error{errc::incompatible, fmt::format("flow type {}: {}", present.name(), why)};
  };
  if (stored.version() != present.version()) {
    return refuse(
        fmt::format("the store holds version {}, this program has version {}; a store is "
                    "not rebuilt for another version yet: use a store of its own",
                    stored.version(), present.version()));
  }
  if (stored.topic() != present.topic()) {
    return refuse(stored.topic() ? "it was a topic and is a query now; give it another name"
                                 : "it was a query and is a topic now; give it another name");
  }
  if (stored.single() != present.single()) {
    return refuse("whether it has one instance or one for each id changed; give it another name");
  }
  const auto field = incompatible_field(stored.state_fingerprint(), present.state_fingerprint());
  if (field) {
    return refuse(
        fmt::format("field {} of its state changed its type, and stored states could not be "
                    "read; give the field a new number",
                    *field));
  }
  return {};
}

/// Where the routing of a type that the store has not seen begins. A type that explicit routes have
/// reached already goes on where those are routed: its inboxes only grow at their ends.
result<void> begin(const store& stored, const flow_type& hosted, position tail, v1::FlowType& row) {
  bool reached = false;
  auto read = stored.flows(hosted.name, [&](const flow_row&) {
    reached = true;
    return false;
  });
  if (!read) return read.error();
  auto routed = stored.routed();
  if (!routed) return routed.error();
  if (reached) row.set_explicit_before(routed->value);
  const auto first = hosted.starts_from == first_event::from_now ? tail
                     : reached                                   ? *routed
                                                                 : position{};
  row.set_since(first.value);
  row.set_routed(first.value);
  return {};
}

/// Reached by explicit routes alone so far, and adopted: its own route() is asked from now on.
bool begins_typed(const v1::FlowType& row) { return row.explicit_only() && !row.inert(); }

/// The row of a type that came with an import gets what the program knows of it.
result<v1::FlowType> first_hosted(const store& stored, v1::FlowType row,
                                  const v1::FlowType& present) {
  row.set_version(present.version());
  row.set_topic(present.topic());
  row.set_single(present.single());
  row.set_state_fingerprint(present.state_fingerprint());
  if (!begins_typed(row)) return row;
  auto routed = stored.routed();
  if (!routed) return routed.error();
  row.set_explicit_only(false);
  row.set_since(routed->value);
  row.set_routed(routed->value);
  row.set_explicit_before(routed->value);
  return row;
}

}  // namespace

result<reconciled_types> reconcile(const store& stored, const interest_table& interest,
                                   position tail) {
  auto rows = stored.flow_types();
  if (!rows) return rows.error();
  std::map<std::string, v1::FlowType> running;
  reconciled_types known;
  for (auto& row : *rows) {
    if (!row.retired()) running.insert_or_assign(row.name(), row);  // builds ascend
  }
  for (const auto& hosted : interest.types()) {
    auto present = describe(*hosted);
    const auto found = running.find(hosted->name);
    if (found == running.end()) {
      if (auto begun = begin(stored, *hosted, tail, present); !begun) return begun.error();
      present.set_build(static_cast<std::uint32_t>(first_build));
      present.set_served(true);
    } else if (found->second.version() == 0 || begins_typed(found->second)) {
      auto begun = first_hosted(stored, found->second, present);
      if (!begun) return begun.error();
      present = std::move(*begun);
    } else {
      if (auto fits = check(found->second, present); !fits) return fits.error();
      if (found->second.state_fingerprint() == present.state_fingerprint()) continue;
      const auto print = present.state_fingerprint();
      present = found->second;
      present.set_state_fingerprint(print);
    }
    known.changed.push_back(std::move(present));
  }
  std::map<std::pair<std::string, build_number>, v1::FlowType> all;
  for (auto& row : *rows) all.insert_or_assign({row.name(), build_of(row)}, row);
  for (const auto& row : known.changed) all.insert_or_assign({row.name(), build_of(row)}, row);
  for (auto& [name, row] : all) known.all.push_back(std::move(row));
  return known;
}

}  // namespace millrace
