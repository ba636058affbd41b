#include "flow/decisions.hpp"

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>

#include "base/limits.hpp"
#include "flow/state_saver.hpp"
#include "wire/broken_text.hpp"

namespace millrace {
namespace {

std::optional<std::string> check(const google::protobuf::Message& body, const reaction& made) {
  if (made.type.size() > limits::type_name_size_max) {
    return fmt::format("emits an event with a type name of {} bytes; the limit is {}",
                       made.type.size(), limits::type_name_size_max);
  }
  if (made.payload.size() > limits::event_size_max) {
    return fmt::format("emits a {} of {} bytes; the limit is {}", made.type, made.payload.size(),
                       limits::event_size_max);
  }
  const auto broken = find_broken_text(body, made.payload);
  if (!broken.empty()) return fmt::format("emits a {}: {} is not valid UTF-8", made.type, broken);
  return std::nullopt;
}

std::optional<std::string> check_counts(const event& cause, const reactions& then) {
  if (then.emissions().empty()) return std::nullopt;
  if (then.emissions().size() > limits::reactions_per_event_max) {
    return fmt::format("emits {} events at once; the limit is {}", then.emissions().size(),
                       limits::reactions_per_event_max);
  }
  if (cause.depth() >= limits::causal_depth_max) {
    return fmt::format("a chain of more than {} reactions; do flows answer each other for ever?",
                       limits::causal_depth_max);
  }
  return std::nullopt;
}

}  // namespace

bool is_recorded(const reactions::emission& one, const reactions& then) {
  return !(one.due && then.is_done());
}

std::optional<std::string> record(const event& cause, const reactions& then,
                                  std::vector<reaction>& into) {
  if (auto wrong = check_counts(cause, then)) return wrong;
  std::uint32_t ordinal = 0;
  std::size_t size = 0;
  for (const auto& one : then.emissions()) {
    if (!is_recorded(one, then)) continue;
    auto& made = into.emplace_back(reaction{.type = one.body->GetDescriptor()->name(),
                                            .payload = encode_deterministic(*one.body),
                                            .cause = cause.at,
                                            .ordinal = ordinal++,
                                            .due = one.due,
                                            .correlation_id = std::string{cause.correlation_id()},
                                            .user = std::string{cause.user()},
                                            .depth = cause.depth() + 1,
                                            .message = one.body->GetDescriptor()});
    if (auto wrong = check(*one.body, made)) return wrong;
    size += made.payload.size();
    if (size > limits::reactions_size_max) {
      return fmt::format("emits more than {} bytes at once", limits::reactions_size_max);
    }
  }
  return std::nullopt;
}

}  // namespace millrace
