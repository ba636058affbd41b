// Which events of an append are there already, by their ids.
#include <fmt/format.h>

#include <algorithm>

#include "engine/group.hpp"
#include "millrace/envelope.pb.h"

namespace millrace {
namespace {

/// None: it does not decode.
std::optional<std::string> content_type_of(std::string_view envelope) {
  v1::Envelope read;
  if (!read.ParseFromArray(envelope.data(), static_cast<int>(envelope.size()))) return std::nullopt;
  return read.content_type();
}

/// By their bytes, or by what these mean.
bool is_same(const type_registry& types, const encoded_event& wanted, const event_row& row) {
  if (row.type != wanted.type) return false;
  if (row.payload == wanted.payload) return true;
  const auto there = content_type_of(row.envelope);
  const auto here = content_type_of(wanted.envelope);
  if (!there || !here) return false;
  const auto recorded = types.to_json(row.type, *there, row.payload);
  const auto meant = types.to_json(wanted.type, *here, wanted.payload);
  return recorded && meant && *recorded == *meant;
}

error another_event(std::size_t index, std::string_view where) {
  return {errc::conflict,
          fmt::format("the id of event {} belongs to another event{}; nothing was appended",
                      index + 1, where)};
}

}  // namespace

/// Where an event of this id is; none: nowhere, or the id is empty.
std::optional<position> group::find_id(std::string_view id) const {
  if (id.empty()) return std::nullopt;
  const auto known = new_ids_.find(id);
  return known == new_ids_.end() ? around_.ids.find(id) : std::optional{known->second};
}

/// Whether each id that is known, or comes twice, stands for the same event.
result<void> group::check_ids(const encoded_append& request) const {
  std::unordered_map<std::string_view, std::size_t> own;
  known_events known;
  for (std::size_t i = 0; i < request.events.size(); ++i) {
    const auto& wanted = request.events[i];
    if (wanted.id.empty()) continue;
    const auto& first = request.events[own.emplace(wanted.id, i).first->second];
    if (const auto before = find_id(wanted.id)) {
      known.emplace(*before, i);
    } else if (first.type != wanted.type || first.payload != wanted.payload) {
      return another_event(i, "");
    }
  }
  return known.empty() ? result<void>{} : check_recorded(request, known);
}

/// One read for all of them: it holds up everybody.
result<void> group::check_recorded(const encoded_append& request, const known_events& known) const {
  result<void> outcome;
  const auto compare = [&](const event_row& row) {
    const auto [begin, end] = known.equal_range(row.at);
    const auto other = std::find_if(begin, end, [&](const auto& each) {
      return !is_same(around_.types, request.events[each.second], row);
    });
    if (other == end) return true;
    outcome = another_event(other->second, fmt::format(", at position {}", row.at.value));
    return false;
  };
  std::vector<position> stored;
  for (const auto& [at, event] : known) {
    if (at < begin_ && (stored.empty() || stored.back() != at)) stored.push_back(at);
  }
  if (auto read = around_.stored.fetch(stored, compare); !read) return read;
  if (known.rbegin()->first < begin_) return outcome;
  for (const auto& row : batch_.events) {
    if (!outcome || !compare(row)) break;
  }
  return outcome;
}

/// Whether all of it was appended before: then it was asked whether the condition held, and it did.
bool group::is_repeat(const encoded_append& request) const {
  return !request.events.empty() &&
         std::all_of(request.events.begin(), request.events.end(),
                     [this](const encoded_event& each) { return find_id(each.id).has_value(); });
}

}  // namespace millrace
