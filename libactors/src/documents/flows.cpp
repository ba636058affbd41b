#include "documents/flows.hpp"

#include <algorithm>

#include "documents/flow.hpp"
#include "documents/statistics.hpp"

namespace millrace::documents {
namespace {

/// Where an entry stands for a flow with this checkpoint.
std::string_view state_of(const posting& entry, const v1::Checkpoint& checkpoint) {
  if (checkpoint.has_error_position() && entry.at.value == checkpoint.error_position()) {
    return "failed";
  }
  const auto& skipped = checkpoint.skipped();
  if (std::any_of(skipped.begin(), skipped.end(),
                  [&](const v1::Skipped& one) { return one.position() == entry.at.value; })) {
    return "skipped";
  }
  return checkpoint.has_position() && entry.at.value <= checkpoint.position() ? "handled"
                                                                              : "waiting";
}

/// A line like that of a flow, about all flows of a type.
json line_of_type(const std::string& type, std::string_view status, bool hosted,
                  build_number build) {
  return {{"flow", type},
          {"type", type},
          {"id", nullptr},
          {"status", status},
          {"checkpoint", nullptr},
          {"latest", nullptr},
          {"error_position", nullptr},
          {"error_message", nullptr},
          {"done", false},
          {"alive", false},
          {"hosted", hosted},
          {"inert", false},
          {"build", static_cast<std::uint32_t>(build)},
          {"skipped", 0}};
}

}  // namespace

standing standing_of(const overview& now, std::string_view flow_type) {
  return {now.is_known(flow_type), now.is_inert(flow_type)};
}

std::string line_of(const flow_view& view, const standing& of) {
  const auto& key = view.row.entry.key;
  const auto& checkpoint = view.row.checkpoint;
  const bool stopped = checkpoint.has_error_position();
  return dump({{"flow", key.text()},
               {"type", std::string{key.type()}},
               {"id", key.has_id() ? json(std::string{key.id()}) : json(nullptr)},
               {"status", name_of(view.status)},
               {"checkpoint", number_or_null(checkpoint_of(checkpoint))},
               {"latest", number_or_null(view.row.latest)},
               {"error_position", stopped ? json(checkpoint.error_position()) : json(nullptr)},
               {"error_message", stopped ? json(checkpoint.error_message()) : json(nullptr)},
               {"done", checkpoint.done()},
               {"alive", checkpoint.has_life()},
               {"hosted", of.hosted},
               {"inert", of.inert},
               {"build", static_cast<std::uint32_t>(view.row.entry.build)},
               {"skipped", checkpoint.skipped_count()}});
}

std::string line_of(const v1::FlowType& parked, bool hosted) {
  auto line = line_of_type(parked.name(), name_of(flow_status::stopped), hosted, build_of(parked));
  line["error_position"] = parked.error_position();
  line["error_message"] = parked.error_message();
  line["inert"] = parked.inert();
  line["skipped"] = parked.skipped_size();
  return dump(line);
}

std::string back_fill_line(const std::string& type, const build_progress& of, bool hosted) {
  auto line = line_of_type(type, "back_fill", hosted, build_number{of.build});
  line["back_fill"] = json_of(of);
  return dump(line);
}

std::string served_line(const v1::FlowType& newer, const served_build& served, bool hosted) {
  auto line = line_of_type(newer.name(), "beside", hosted, build_of(newer));
  line["served"] = json_of(served);
  return dump(line);
}

std::string line_of(const inbox_entry& of) {
  auto head = head_of(of.event);
  head["starts"] = of.entry.starts;
  head["state"] = of.state;
  return line_of(head, of.event);
}

result<inbox_page> read_inbox(const source& of, const inbox_wish& wanted,
                              const std::function<bool(const inbox_entry&)>& visit) {
  auto now = of.look(overview::watch{wanted.key, wanted.after, wanted.limit});
  if (!now) return now.error();
  auto view = now->find(wanted.key);
  if (!view) return view.error();
  if (!*view) return unknown_flow(*now, wanted.key);
  auto inbox = now->watched_inbox();
  if (!inbox) return inbox.error();
  const auto& entries = inbox->postings;
  std::vector<position> places;
  places.reserve(entries.size());
  for (const auto& entry : entries) places.push_back(entry.at);
  std::size_t next = 0;
  auto read = of.from.fetch(places, [&](const event_row& row) {
    while (next < entries.size() && entries[next].at < row.at) ++next;
    return visit({decode(of.known.registry, row), entries[next],
                  state_of(entries[next], (*view)->row.checkpoint)});
  });
  if (!read) return read.error();
  inbox_page made{.rest = inbox->count - entries.size(), .last = {}};
  if (!entries.empty()) made.last = entries.back().at;
  return made;
}

}  // namespace millrace::documents
