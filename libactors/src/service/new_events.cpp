#include "service/new_events.hpp"

#include <fmt/format.h>

#include "base/limits.hpp"
#include "base/time_text.hpp"
#include "exchange/json_text.hpp"
#include "service/json_members.hpp"

namespace millrace::service {
namespace {

error numbered(std::size_t number, const error& why) {
  return {why.code, fmt::format("event {}: {}", number, why.message)};
}

/// Reads one value after the other; the first is number 1.
class event_reader {
 public:
  using one_reader = result<new_event> (*)(std::string_view text, const type_registry& types);
  event_reader(const type_registry& types, one_reader read) : types_(types), read_(read) {}

  result<void> add(std::string_view text) {
    if (made_.size() == limits::append_events_max) {
      return error{errc::too_large,
                   fmt::format("more than {} events in one append", limits::append_events_max)};
    }
    auto one = read_(text, types_);
    if (!one) return numbered(made_.size() + 1, one.error());
    made_.push_back(std::move(*one));
    return {};
  }
  result<new_events> finish() && {
    if (made_.empty()) return error{errc::invalid, "the body has no event"};
    return std::move(made_);
  }

 private:
  const type_registry& types_;
  one_reader read_;
  new_events made_;
};

result<new_events> read_values(std::string_view body, event_reader into) {
  if (auto valid = check_json(body); !valid) return valid.error();
  auto read = each_value(body, [&](std::string_view value) { return into.add(value); });
  if (!read) return read.error();
  return std::move(into).finish();
}

/// Typed when a flow here observes the type; JSON to the letter otherwise.
result<void> set_data(new_event& to, std::string_view data, const type_registry& types) {
  if (types.find(to.type) == nullptr) {
    to.payload = std::string{data};
    to.content_type = content_type_json;
    return {};
  }
  auto payload = types.from_json(to.type, data);
  if (!payload) return payload.error();
  to.payload = std::move(*payload);
  to.content_type.clear();
  return {};
}

result<void> keep(std::string& to, result<std::string> text) {
  if (!text) return text.error();
  to = std::move(*text);
  return {};
}

result<void> read_header(std::string_view value, new_event& into) {
  auto members = members_of(value);
  if (!members) return members.error();
  header made;
  for (const auto& one : *members) {
    if (one.name != "name" && one.name != "value") {
      return error{errc::invalid, "a header has no member " + one.name};
    }
    auto kept = keep(one.name == "name" ? made.name : made.value, text_of(one));
    if (!kept) return kept;
  }
  into.headers.push_back(std::move(made));
  return {};
}

result<void> read_array(const member& of,
                        const std::function<result<void>(std::string_view value)>& visit) {
  if (!of.value.starts_with('[')) return error{errc::invalid, of.name + " is no array"};
  return each_value(of.value, visit);
}

result<void> read_rare(const member& of, new_event& into) {
  if (of.name == "headers") {
    return read_array(of, [&](std::string_view value) { return read_header(value, into); });
  }
  if (of.name == "routes") {
    into.routes.emplace();
    return read_array(of, [&](std::string_view value) -> result<void> {
      auto key = text_of({"a route", value});
      if (!key) return key.error();
      into.routes->push_back(flow_key::parse(std::move(*key)));
      return {};
    });
  }
  if (of.name == "cause") {
    auto cause = number_of(of);
    if (!cause) return cause.error();
    into.cause = position{*cause};
    return {};
  }
  if (of.name == "due") {
    auto text = text_of(of);
    if (!text) return text.error();
    into.due = parse_time(*text);
    if (into.due) return {};
    return error{errc::invalid, "due is no time like 2025-01-31T09:15:00Z"};
  }
  return error{errc::invalid, "an event has no member " + of.name};
}

result<new_event> read_event(std::string_view text, const type_registry& types) {
  auto members = members_of(text);
  if (!members) return members.error();
  new_event made;
  std::string_view data = "{}";
  for (const auto& one : *members) {
    result<void> read;
    if (one.name == "data") {
      data = one.value;
    } else if (one.name == "type") {
      read = keep(made.type, text_of(one));
    } else if (one.name == "id") {
      read = keep(made.id, text_of(one));
    } else if (one.name == "correlation") {
      read = keep(made.correlation_id, text_of(one));
    } else if (one.name == "user") {
      read = keep(made.user, text_of(one));
    } else {
      read = read_rare(one, made);
    }
    if (!read) return read.error();
  }
  if (made.type.empty()) return error{errc::invalid, "an event needs a type"};
  if (auto set = set_data(made, data, types); !set) return set.error();
  return made;
}

/// What a CloudEvent says beside what an event of ours has a place for.
struct cloud_parts {
  std::string version, source, id, content_type;
  std::optional<std::string_view> data;
  std::optional<std::string> base64;
};

result<void> read_cloud_member(const member& of, cloud_parts& parts, new_event& into) {
  if (of.name == "data") {
    parts.data = of.value;
    return {};
  }
  if (of.name == "data_base64") return keep(parts.base64.emplace(), text_of(of));
  if (of.name == "specversion") return keep(parts.version, text_of(of));
  if (of.name == "type") return keep(into.type, text_of(of));
  if (of.name == "id") return keep(parts.id, text_of(of));
  if (of.name == "source") return keep(parts.source, text_of(of));
  if (of.name == "datacontenttype") return keep(parts.content_type, text_of(of));
  // An attribute may also be a number or a truth value.
  auto value = of.value.starts_with('"') ? text_of(of) : result<std::string>{std::string{of.value}};
  if (!value) return value.error();
  into.headers.push_back({"ce-" + of.name, std::move(*value)});
  return {};
}

result<void> set_cloud_data(const cloud_parts& parts, new_event& to, const type_registry& types) {
  if (!parts.base64) return set_data(to, parts.data.value_or("{}"), types);
  if (parts.data) return error{errc::invalid, "data and data_base64 exclude each other"};
  to.payload.resize(exchange::base64_size_max(parts.base64->size()));
  std::size_t size = 0;
  if (!exchange::decode_base64(*parts.base64, to.payload.data(), size)) {
    return error{errc::invalid, "data_base64 is no base64"};
  }
  to.payload.resize(size);
  if (parts.content_type == content_type_json) {
    return set_data(to, std::string{to.payload}, types);
  }
  if (parts.content_type == "application/protobuf" ||
      parts.content_type == "application/x-protobuf") {
    return {};
  }
  return error{errc::invalid, "data_base64 is Protobuf or JSON, and datacontenttype says which"};
}

result<new_event> read_cloud_event(std::string_view text, const type_registry& types) {
  auto members = members_of(text);
  if (!members) return members.error();
  new_event made;
  cloud_parts parts;
  for (const auto& one : *members) {
    if (auto read = read_cloud_member(one, parts, made); !read) return read.error();
  }
  if (parts.version != "1.0") return error{errc::invalid, "specversion is not 1.0"};
  if (made.type.empty() || parts.id.empty() || parts.source.empty()) {
    return error{errc::invalid, "a CloudEvent needs type, source and id"};
  }
  made.id = fmt::format("{} {}", parts.source, parts.id);
  if (auto set = set_cloud_data(parts, made, types); !set) return set.error();
  return made;
}

}  // namespace

result<new_events> from_json(std::string_view body, const type_registry& types) {
  return read_values(body, event_reader{types, read_event});
}

result<new_event> from_data(std::string_view type, std::string_view body,
                            const type_registry& types) {
  if (auto valid = check_json(body); !valid) return valid.error();
  new_event made;
  made.type = std::string{type};
  if (auto set = set_data(made, body, types); !set) return set.error();
  return made;
}

result<new_events> from_cloud_events(std::string_view body, const type_registry& types) {
  return read_values(body, event_reader{types, read_cloud_event});
}

result<new_events> from_json_lines(std::string_view body, const type_registry& types) {
  event_reader made{types, read_event};
  while (!body.empty()) {
    const auto end = body.find('\n');
    const auto line = body.substr(0, end);
    body.remove_prefix(end == body.npos ? body.size() : end + 1);
    if (line.find_first_not_of(" \t\r") == line.npos) continue;
    if (auto added = made.add(line); !added) return added.error();
  }
  return std::move(made).finish();
}

}  // namespace millrace::service
