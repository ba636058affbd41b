#include "service/checkpoint_body.hpp"

#include "service/json_members.hpp"
#include "service/new_events.hpp"

namespace millrace::service {
namespace {

result<void> read_place(const member& of, std::optional<position>& into) {
  if (of.value == "null") return {};
  auto number = number_of(of);
  if (!number) return number.error();
  into = position{*number};
  return {};
}

result<void> read_failure(const member& of, foreign_turn& into) {
  if (of.value == "null") return {};
  auto members = members_of(of.value);
  if (!members) return error{errc::invalid, "error is an object of position and message"};
  std::optional<position> at;
  std::string message;
  for (const auto& one : *members) {
    if (one.name == "position") {
      if (auto read = read_place(one, at); !read) return read;
    } else if (one.name == "message") {
      auto text = text_of(one);
      if (!text) return text.error();
      message = std::move(*text);
    } else {
      return error{errc::invalid, "an error has no member " + one.name};
    }
  }
  if (!at || message.empty()) return error{errc::invalid, "an error needs position and message"};
  into.failed = {*at, std::move(message)};
  return {};
}

result<void> read_reactions(const member& of, const type_registry& types, foreign_turn& into) {
  if (!of.value.starts_with('[')) return error{errc::invalid, "reactions is no array"};
  if (of.value.find_first_not_of("[] \t\r\n") == of.value.npos) return {};
  auto events = from_json(of.value, types);
  if (!events) return events.error();
  into.reactions = std::move(*events);
  return {};
}

result<void> read_done(const member& of, foreign_turn& into) {
  if (of.value != "true" && of.value != "false") {
    return error{errc::invalid, "done is neither true nor false"};
  }
  into.done = of.value == "true";
  return {};
}

result<void> read_member(const member& of, const type_registry& types, checkpoint_body& into) {
  if (of.name == "epoch") {
    auto number = number_of(of);
    if (!number) return number.error();
    into.epoch = *number;
    return {};
  }
  auto& turn = into.turn;
  if (of.name == "previous") return read_place(of, turn.previous);
  if (of.name == "position") return read_place(of, turn.reached);
  if (of.name == "error") return read_failure(of, turn);
  if (of.name == "done") return read_done(of, turn);
  if (of.name == "reactions") return read_reactions(of, types, turn);
  if (of.name != "state") return error{errc::invalid, "a checkpoint has no member " + of.name};
  turn.state = std::string{of.value};
  return {};
}

}  // namespace

result<checkpoint_body> read_checkpoint(std::string_view body, const type_registry& types) {
  auto members = members_of(body);
  if (!members) return members.error();
  checkpoint_body made;
  bool has_previous = false;
  bool has_position = false;
  for (const auto& one : *members) {
    has_previous = has_previous || one.name == "previous";
    has_position = has_position || one.name == "position";
    if (auto read = read_member(one, types, made); !read) return read.error();
  }
  if (made.epoch == 0 || !has_previous || !has_position) {
    return error{errc::invalid, "a checkpoint needs epoch, previous and position"};
  }
  return made;
}

}  // namespace millrace::service
