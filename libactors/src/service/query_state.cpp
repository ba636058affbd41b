#include "service/query_state.hpp"

#include <fmt/format.h>

#include "documents/flow.hpp"

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

}  // namespace millrace::service
