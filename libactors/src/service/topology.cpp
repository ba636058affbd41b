#include "service/topology.hpp"

#include <set>

namespace millrace::service {

topology::topology(const known_types& known, timestamp now) : known_(known), begun_(now) {
  for (const auto& type : known.table.types()) {
    for (const auto& observed : type->observes) events_.try_emplace(observed.name, now);
  }
}

void topology::see(const event_row& row, double weight, timestamp now) {
  auto event = events_.find(row.type);
  if (event == events_.end()) {
    if (events_.size() >= limits::topology_edges_max) return;
    event = events_.try_emplace(std::string{row.type}, begun_).first;
  }
  event->second.add(weight, now);
  if (row.envelope.empty()) return;
  v1::Envelope envelope;
  if (!envelope.ParseFromArray(row.envelope.data(), static_cast<int>(row.envelope.size()))) return;
  if (envelope.emitter().empty()) return;
  const auto emitter = flow_key::parse(envelope.emitter());
  link name{std::string{emitter.type()}, std::string{row.type}};
  auto emitted = emits_.find(name);
  if (emitted == emits_.end()) {
    if (emits_.size() >= limits::topology_edges_max) return;
    emitted = emits_.try_emplace(std::move(name), begun_).first;
  }
  emitted->second.add(weight, now);
}

documents::json topology::json_of(timestamp now) const {
  using documents::json;
  json events = json::array();
  json observes = json::array();
  json emits = json::array();
  for (const auto& [name, rate] : events_) {
    events.push_back({{"event", name}, {"rate", rate.look(now)}});
  }
  std::set<link> told;  // several versions of a type observe the same
  for (const auto& type : known_.table.types()) {
    for (const auto& observed : type->observes) {
      if (observes.size() >= limits::topology_edges_max) break;
      if (!told.emplace(type->name, observed.name).second) continue;
      observes.push_back({{"event", observed.name},
                          {"type", type->name},
                          {"rate", events_.find(observed.name)->second.look(now)}});
    }
  }
  for (const auto& [edge, rate] : emits_) {
    emits.push_back({{"type", edge.first}, {"event", edge.second}, {"rate", rate.look(now)}});
  }
  return {{"events", std::move(events)},
          {"observes", std::move(observes)},
          {"emits", std::move(emits)}};
}

}  // namespace millrace::service
