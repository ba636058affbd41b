#include "wire/type_registry.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace millrace {

result<void> type_registry::add(const observed_event& observed) {
  const auto [place, fresh] = types_.try_emplace(observed.name, observed.prototype);
  if (fresh) return {};
  const auto& known = *place->second->GetDescriptor();
  const auto& wanted = *observed.prototype->GetDescriptor();
  if (&known == &wanted) return {};
  return error{
      errc::invalid,
      fmt::format("two messages are called {}: {} and {}; event types are named by the short "
                  "name of their message",
                  observed.name, known.full_name(), wanted.full_name())};
}

result<void> type_registry::add(const flow_type& type) {
  for (const auto& observed : type.observes) {
    auto added = add(observed);
    if (!added) return added;
  }
  return {};
}

const google::protobuf::Message* type_registry::find(std::string_view type) const {
  return lookup(type).prototype;
}

std::string_view type_registry::interned(std::string_view type) const { return lookup(type).name; }

type_registry::known_type type_registry::lookup(std::string_view type) const {
  const auto found = types_.find(type);
  if (found == types_.end()) return {};
  return {found->first, found->second};
}

std::vector<std::string> type_registry::names() const {
  std::vector<std::string> all;
  all.reserve(types_.size());
  for (const auto& [name, prototype] : types_) all.push_back(name);
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace millrace
