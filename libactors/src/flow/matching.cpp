#include "flow/matching.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/time_text.hpp"
#include "flow/decisions.hpp"
#include "wire/json.hpp"

namespace millrace {
namespace {

constexpr std::string_view divergence = "divergence at ";

constexpr std::size_t shown_size_max = 800;

std::string shown(const google::protobuf::Message* body, std::size_t size) {
  auto text = body == nullptr ? std::string{} : message_to_json(*body);
  if (text.empty()) return fmt::format("of {} bytes", size);
  return text.size() <= shown_size_max
             ? text
             : fmt::format("{}… ({} bytes)", to_utf8(text, shown_size_max), size);
}

std::string shown_due(std::optional<timestamp> due) {
  return due ? " due " + to_text(*due) : std::string{};
}

/// The bodies of what is recorded, in order of ordinals.
std::vector<const google::protobuf::Message*> bodies_of(const reactions* then) {
  std::vector<const google::protobuf::Message*> bodies;
  if (then == nullptr) return bodies;
  for (const auto& one : then->emissions()) {
    if (is_recorded(one, *then)) bodies.push_back(one.body.get());
  }
  return bodies;
}

std::string shown(const reaction* one, const google::protobuf::Message* body) {
  if (one == nullptr) return "nothing";
  return fmt::format("{} {}{}", one->type, shown(body, one->payload.size()), shown_due(one->due));
}

/// `like`: the other side's body, in case nobody here observes what is recorded.
std::string shown(const event* one, const google::protobuf::Message* like) {
  if (one == nullptr) return "nothing";
  const auto* body = one->body;
  std::unique_ptr<google::protobuf::Message> parsed;
  if (body == nullptr && like != nullptr && like->GetDescriptor()->name() == one->type) {
    parsed.reset(like->New());
    const auto size = static_cast<int>(one->payload.size());
    if (parsed->ParseFromArray(one->payload.data(), size)) body = parsed.get();
  }
  return fmt::format("{} {}{} at {}", one->type, shown(body, one->payload.size()),
                     shown_due(one->due()), one->at.value);
}

bool same(const reaction& now, const event& then) {
  return now.ordinal == then.ordinal() && now.type == then.type && now.payload == then.payload &&
         now.due == then.due();
}

}  // namespace

std::optional<std::string> find_difference(const event& cause, const reactions* then,
                                           std::span<const reaction> decided,
                                           std::span<const event> recorded) {
  const auto count = std::max(decided.size(), recorded.size());
  for (std::size_t i = 0; i < count; ++i) {
    const auto* now = i < decided.size() ? &decided[i] : nullptr;
    const auto* before = i < recorded.size() ? &recorded[i] : nullptr;
    if (now != nullptr && before != nullptr && same(*now, *before)) continue;
    const auto bodies = bodies_of(then);
    const auto* body = i < bodies.size() ? bodies[i] : nullptr;
    return fmt::format("{}{}: reaction {} is not what is recorded; recorded: {}; decided now: {}",
                       divergence, cause.at.value, i, shown(before, body), shown(now, body));
  }
  return std::nullopt;
}

bool is_divergence(std::string_view error_message) {
  return error_message.substr(0, divergence.size()) == divergence;
}

}  // namespace millrace
