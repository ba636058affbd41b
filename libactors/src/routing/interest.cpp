#include "routing/interest.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.hpp"
#include "base/utf8.hpp"
#include "wire/envelope_view.hpp"

namespace millrace {

interest_table::interest_table(type_list types) : types_(std::move(types)) {
  for (std::uint32_t i = 0; i < types_.size(); ++i) {
    by_name_[types_[i]->name].push_back(i);
    for (const auto& observed : types_[i]->observes) by_event_[observed.name].push_back(i);
  }
  for (auto& [name, all] : by_name_) {
    std::sort(all.begin(), all.end(),
              [this](auto a, auto b) { return types_[a]->version > types_[b]->version; });
  }
}

std::optional<std::uint32_t> interest_table::find(std::string_view flow_type_name) const {
  const auto found = by_name_.find(flow_type_name);
  return found == by_name_.end() ? std::nullopt : std::optional{found->second.front()};
}

std::span<const std::uint32_t> interest_table::versions(std::string_view flow_type_name) const {
  const auto found = by_name_.find(flow_type_name);
  return found == by_name_.end() ? std::span<const std::uint32_t>{} : std::span{found->second};
}

std::span<const std::uint32_t> interest_table::observers(std::string_view event_type) const {
  const auto found = by_event_.find(event_type);
  return found == by_event_.end() ? std::span<const std::uint32_t>{} : std::span{found->second};
}

result<void> check_beside(const flow_type& type, const interest_table::type_list& others) {
  for (const auto& other : others) {
    if (other->name != type.name) continue;
    if (type.topic || other->topic) {
      return error{
          errc::invalid,
          fmt::format("two flow types are named {}; a topic runs in one version", type.name)};
    }
    if (other->version != type.version) continue;
    return error{errc::invalid, fmt::format("two flow types are named {}, and both are version {}",
                                            type.name, type.version)};
  }
  return {};
}

namespace {

error bad_route(const flow_type& type, const event& what, std::string_view why) {
  return {errc::invalid,
          fmt::format("routing {} {} to {}: {}", what.type, what.at.value, type.name, why)};
}

result<void> check_ids(const flow_type& type, const event& what, const route& made) {
  if (made.targets().size() > limits::routes_per_event_max) {
    return bad_route(type, what, fmt::format("more than {} ids", limits::routes_per_event_max));
  }
  for (const auto& target : made.targets()) {
    if (target.id.size() + type.name.size() >= limits::flow_key_size_max) {
      return bad_route(type, what, fmt::format("an id of {} bytes", target.id.size()));
    }
    if (!is_utf8(target.id)) return bad_route(type, what, "an id that is not UTF-8");
  }
  return {};
}

}  // namespace

result<void> route_typed(const flow_type& type, const event& what, route& made) {
  const auto& observed = type.observes[type.find(what.type)];
  if (observed.route == nullptr) {
    made = starts(std::string_view{});
    return {};
  }
  if (what.body == nullptr) {
    return error{errc::undecodable, bad_route(type, what, "the payload does not decode").message};
  }
  try {
    made = observed.route(*what.body, what);
  } catch (const std::exception& thrown) {
    return bad_route(type, what, fmt::format("route() threw: {}", thrown.what()));
  } catch (...) {
    return bad_route(type, what, "route() threw something that is no std::exception");
  }
  return check_ids(type, what, made);
}

namespace {

bool may_reach(const flow_type& observer, const event& what, const flow_key& key) {
  if (observer.find(what.type) == observer.observes.size()) return false;
  route made;
  if (!route_typed(observer, what, made)) return true;
  const auto targets = made.targets();
  return std::any_of(targets.begin(), targets.end(), [&](const route::target& target) {
    return observer.single ? !key.has_id() : key.has_id() && target.id == key.id();
  });
}

}  // namespace

bool may_reach(const interest_table& table, const event& what, const flow_key& key) {
  if (what.envelope->has_routes) {
    for (const auto reached : what.envelope->keys()) {
      if (reached == key.text()) return true;
    }
    return false;
  }
  if (what.envelope->is_entry()) return false;
  const auto versions = table.versions(key.type());
  return std::any_of(versions.begin(), versions.end(), [&](std::uint32_t version) {
    return may_reach(*table.types()[version], what, key);
  });
}

}  // namespace millrace
