#include "service/query_state.hpp"

#include <fmt/format.h>

#include "documents/flow.hpp"
#include "store/builds.hpp"

namespace millrace::service {

std::string etag_of(const raw_reading& of) {
  return fmt::format("\"{}-{}\"", of.changed ? std::to_string(of.changed->value) : "none",
                     of.generation);
}

result<const flow_type*> query_named(const known_types& known, std::string_view name) {
  const auto index = known.table.find(name);
  const auto* type = index ? known.table.types()[*index].get() : nullptr;
  if (type != nullptr && !type->topic) return type;
  return error{errc::unknown_type, fmt::format("there is no query {} here", name)};
}

result<std::string> state_of(const flow_type& type, const flow_key& key, const raw_reading& read) {
  if (!read.is_compatible) {
    return error{errc::incompatible,
                 fmt::format("{} is served by version {}, whose state is another message, until "
                             "the newer version has caught up",
                             key.text(), read.version)};
  }
  auto state = documents::state_as_json(*type.state_prototype, read.state);
  if (!state) return error{errc::corrupt, "the state of " + key.text() + " does not decode"};
  return std::move(*state);
}

result<large_states::turn> turn_for(const parts& of, const flow_key& key) {
  auto types = of.view.stored.flow_types();
  if (!types) return types.error();
  auto row = of.view.stored.find_flow(key, build_list{*types}.running(key.type()));
  if (!row) return row.error();
  if (!*row) return large_states::turn{};
  auto size = of.view.stored.state_size((*row)->entry.number);
  if (!size) return size.error();
  auto turn = of.large.take(*size);
  if (!turn) return large_states::taken();
  return std::move(*turn);
}

}  // namespace millrace::service
