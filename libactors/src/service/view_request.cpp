#include "service/view_request.hpp"

#include <fmt/format.h>

#include "documents/event.hpp"
#include "documents/flow.hpp"
#include "service/json_members.hpp"

namespace millrace::service {
namespace {

result<flow_status> status_named(const std::string& name) {
  for (const auto status : {flow_status::idle, flow_status::pending, flow_status::stopped}) {
    if (documents::name_of(status) == name) return status;
  }
  return error{errc::invalid, "status is idle, pending or stopped"};
}

result<void> limit(std::uint64_t number, view_wish& into) {
  if (number > limits::view_flows_max) {
    return error{errc::invalid, fmt::format("limit is at most {}", limits::view_flows_max)};
  }
  into.limit = static_cast<std::size_t>(number);
  return {};
}

result<void> take(const member& one, view_wish& into) {
  if (one.value == "null") return {};
  if (one.name == "limit") {
    auto number = number_of(one);
    return number ? limit(*number, into) : number.error();
  }
  auto text = text_of(one);
  if (!text) return text.error();
  if (one.name == "message" && *text == "view") return {};
  if (one.name == "type") {
    into.type = std::move(*text);
    return {};
  }
  if (one.name == "contains") {
    into.contains = std::move(*text);
    return {};
  }
  if (one.name == "status") {
    auto status = status_named(*text);
    if (!status) return status.error();
    into.status = *status;
    return {};
  }
  return error{errc::invalid, "a view has no member " + one.name};
}

}  // namespace

result<view_wish> parse_view(std::string_view message) {
  auto members = members_of(message);
  if (!members) return members.error();
  view_wish made;
  bool named = false;
  for (const auto& one : *members) {
    if (one.name == "message") named = one.value == "\"view\"";
    if (auto taken = take(one, made); !taken) return taken.error();
  }
  if (!named) return error{errc::invalid, "the message is \"view\""};
  return made;
}

result<view_wish> view_of(const call& asked) {
  view_wish made{.type = std::string{asked.argument("type").value_or("")},
                 .status = std::nullopt,
                 .contains = std::string{asked.argument("contains").value_or("")}};
  if (const auto name = asked.argument("status")) {
    auto status = status_named(std::string{*name});
    if (!status) return status.error();
    made.status = *status;
  }
  auto number = asked.number("limit");
  if (!number) return number.error();
  if (*number) {
    if (auto taken = limit(**number, made); !taken) return taken.error();
  }
  return made;
}

std::string json_of(const view_wish& view) {
  using documents::json;
  const auto text = [](const std::string& one) { return one.empty() ? json(nullptr) : json(one); };
  return documents::dump(
      {{"type", text(view.type)},
       {"status", view.status ? json(documents::name_of(*view.status)) : json(nullptr)},
       {"contains", text(view.contains)},
       {"limit", view.limit}});
}

}  // namespace millrace::service
