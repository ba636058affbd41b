#include "engine/encoded_append.hpp"

#include <cstring>
#include <type_traits>

namespace millrace {
namespace {

static_assert(std::is_trivially_destructible_v<encoded_event>, "its memory is just let go");

std::unique_ptr<const append_terms> terms_of(const append_request& from) {
  const bool has_any = from.condition.tail || from.condition.flow_latest || from.conflict;
  if (!has_any && !from.compares) return nullptr;
  return std::make_unique<const append_terms>(
      append_terms{from.condition, from.routed, from.conflict, from.compares});
}

}  // namespace

std::size_t encoded_size(std::span<const new_event> events) {
  std::size_t size = events.size() * sizeof(encoded_event);
  for (const auto& each : events) {
    size += each.type.size() + each.payload.size() + encoded_size(envelope_of(each));
  }
  return size;
}

encoded_append encode(append_request& from, char* room, std::shared_ptr<const char[]> owner) {
  char* next = room + from.events.size() * sizeof(encoded_event);
  const auto copy = [&next](std::string_view text) {
    const std::string_view made{next, text.size()};
    next += text.copy(next, text.size());
    return made;
  };
  auto* const rows = reinterpret_cast<encoded_event*>(room);
  std::size_t count = 0;
  for (const auto& each : from.events) {
    encoded_event row{.type = copy(each.type),
                      .payload = copy(each.payload),
                      .envelope = {},
                      .id = {},
                      .due = each.due};
    char* const begin = next;
    next = encode(envelope_of(each), begin);
    row.envelope = {begin, static_cast<std::size_t>(next - begin)};
    row.id = id_within(row.envelope, each.id.size());
    ::new (static_cast<void*>(rows + count++)) encoded_event(row);
  }
  std::vector<position> answer;
  answer.reserve(count);
  return {.events = {rows, count},
          .owner = std::move(owner),
          .terms = terms_of(from),
          .positions = std::move(answer),
          .done = std::move(from.done)};
}

}  // namespace millrace
