#include "exchange/kurrent_routes.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.hpp"
#include "base/utf8.hpp"
#include "exchange/number_text.hpp"

namespace millrace::exchange {

bool kurrent_routes::read(const maybe_value& types, const maybe_value& ids, complaint& wrong) {
  types_.clear();
  text_.clear();
  places_.clear();
  keys_.clear();
  std::optional<simdjson::dom::array> names, lists;
  if (!wrong.take_array("routeTypes", types, names)) return false;
  if (!wrong.take_array("routeIds", ids, lists)) return false;
  if (names && !read_types(*names, wrong)) return false;
  if (lists && !read_ids(*lists, wrong)) return false;
  for (const auto& type : types_) {
    if (!type.is_multiple && !add(type.name, nullptr, wrong)) return false;
  }
  const std::string_view text{text_};
  for (const auto& each : places_) keys_.push_back(text.substr(each.begin, each.size));
  std::sort(keys_.begin(), keys_.end());
  keys_.erase(std::unique(keys_.begin(), keys_.end()), keys_.end());
  return true;
}

bool kurrent_routes::read_types(const simdjson::dom::array& types, complaint& wrong) {
  for (const auto each : types) {
    auto& type = types_.emplace_back();
    if (!wrong.need_text("a name in routeTypes", present(each), type.name)) return false;
    if (!wrong.check_flow_type(type.name)) return false;
    if (types_.size() > limits::routes_per_event_max) {
      return wrong.say(fmt::format("more than {} routes", limits::routes_per_event_max));
    }
  }
  return true;
}

bool kurrent_routes::read_ids(const simdjson::dom::array& lists, complaint& wrong) {
  for (const auto each : lists) {
    std::optional<simdjson::dom::object> list;
    if (!wrong.take_object("an entry of routeIds", each, list)) return false;
    if (!read_list(*list, wrong)) return false;
  }
  return check_kinds(wrong);
}

/// `{"type":0,"ids":["a"]}`: the type by its place in routeTypes.
bool kurrent_routes::read_list(const simdjson::dom::object& list, complaint& wrong) {
  maybe_value type, ids;
  for (const auto member : list) {
    if (member.key == "type") type = present(member.value);
    if (member.key == "ids") ids = present(member.value);
  }
  std::uint64_t index = 0;
  if (!type || type->get(index) != simdjson::SUCCESS || index >= types_.size()) {
    return wrong.say("the type in routeIds must be a place in routeTypes, counted from 0");
  }
  types_[index].is_multiple = true;
  std::optional<simdjson::dom::array> all;
  if (!wrong.take_array("ids", ids, all)) return false;
  if (!all) return true;
  for (const auto id : *all) {
    if (!add_id(types_[index].name, id, wrong)) return false;
  }
  return true;
}

/// Numbers are ids too: an integer by its digits, also where a double would lose some, any other as
/// the engine spelt it that wrote the history.
bool kurrent_routes::add_id(std::string_view type, const json_value& id, complaint& wrong) {
  std::string_view text;
  if (id.get(text) == simdjson::SUCCESS) return add(type, &text, wrong);
  std::string digits;
  if (id.is<std::int64_t>()) {
    digits = fmt::format("{}", std::int64_t{id});
  } else if (id.is<std::uint64_t>()) {
    digits = fmt::format("{}", std::uint64_t{id});
  } else if (id.is<double>()) {
    digits = number_text(double{id});
  } else {
    return wrong.say(
        fmt::format("an id of {} is neither a string nor a number", to_utf8(type, 80)));
  }
  text = digits;
  return add(type, &text, wrong);
}

bool kurrent_routes::add(std::string_view type, const std::string_view* id, complaint& wrong) {
  if (places_.size() == limits::routes_per_event_max) {
    return wrong.say(fmt::format("more than {} routes", limits::routes_per_event_max));
  }
  const auto begin = text_.size();
  text_.append(type);
  if (id != nullptr) {
    text_.push_back('|');
    text_.append(*id);
  }
  places_.push_back({begin, text_.size() - begin});
  return wrong.check_key(std::string_view{text_}.substr(begin));
}

bool kurrent_routes::check_kinds(complaint& wrong) const {
  for (std::size_t i = 1; i < types_.size(); ++i) {
    const auto other = std::find_if(types_.begin(), types_.end(), [&](const route_type& each) {
      return each.name == types_[i].name && each.is_multiple != types_[i].is_multiple;
    });
    if (other == types_.end()) continue;
    return wrong.say(fmt::format("{} is routed to both as a single instance and with ids",
                                 to_utf8(types_[i].name, 80)));
  }
  return true;
}

}  // namespace millrace::exchange
