// What the router knows: rows of builds, and flows.
#include <algorithm>

#include "base/limits.hpp"
#include "routing/router.hpp"
#include "wire/envelope_view.hpp"

namespace millrace {

void router::note_unhosted(const v1::FlowType& row) {
  if (row.retired() || table_.find(row.name())) return;
  unhosted_[row.name()] = row.explicit_only() ? std::optional{build_of(row)} : std::nullopt;
}

/// None: a host that was here before has to route them.
std::optional<build_number> router::unhosted_build(std::string_view type) const {
  const auto found = unhosted_.find(type);
  return found == unhosted_.end() ? first_build : found->second;
}

bool router::runs(const flow_entry& flow) const {
  const auto versions = table_.versions(flow.key.type());
  return std::any_of(versions.begin(), versions.end(), [&](std::uint32_t type) {
    return builds_[type] == flow.build && !progress_[type]->inert();
  });
}

position router::routed_to(std::uint32_t type) const {
  const auto& row = *progress_[type];
  return row.explicit_only() ? routed_ : position{row.routed()};
}

result<void> router::unpark(const std::string& type, bool skip) {
  const auto versions = table_.versions(type);
  if (versions.empty()) return error{errc::not_found, "no flow type " + type};
  const auto stopped = std::find_if(versions.begin(), versions.end(), [this](std::uint32_t one) {
    return progress_[one]->has_error_position();
  });
  auto& progress = *progress_[stopped == versions.end() ? versions.front() : *stopped];
  if (!progress.has_error_position()) {
    return error{errc::conflict, "the routing of " + type + " is not stopped"};
  }
  if (skip) {
    auto& skipped = *progress.add_skipped();
    skipped.set_position(progress.error_position());
    skipped.set_error(progress.error_message());
    progress.set_routed(progress.error_position() + 1);
    if (progress.skipped_size() > static_cast<int>(limits::skips_kept_max)) {
      progress.mutable_skipped()->DeleteSubrange(0, 1);
    }
  }
  progress.clear_error_position();
  progress.clear_error_message();
  dirty_ = true;
  return {};
}

void router::know(const v1::FlowType& row) {
  types_[{row.name(), build_of(row)}] = row;
  note_unhosted(row);
}

void router::put(const v1::FlowType& row) {
  know(row);
  put_.push_back(&types_.at({row.name(), build_of(row)}));
  dirty_ = true;
}

void router::take_back(const v1::FlowType& row) {
  std::erase_if(put_, [&](const v1::FlowType* one) { return one->name() == row.name(); });
  types_.erase({row.name(), build_of(row)});
  unhosted_.erase(row.name());
}

bool router::has_flows(std::string_view type) const {
  return types_with_flows_.find(type) != types_with_flows_.end();
}

result<routed_flow*> router::known(std::string_view key_text, build_number build) {
  return known(key_text, build, flow_directory::hash_of(key_text, build));
}

result<routed_flow*> router::known(std::string_view key_text, build_number build,
                                   std::uint64_t hash) {
  if (auto* found = flows_.find(key_text, build, hash)) return found;
  if (knows_all(key_text, build)) return static_cast<routed_flow*>(nullptr);
  return look_up(key_text, build);
}

/// One that is not in memory, in the store.
result<routed_flow*> router::look_up(std::string_view key_text, build_number build) {
  auto stored = lookup_(flow_key::parse(std::string{key_text}), build);
  if (!stored) return stored.error();
  const auto is_leaving = [&](flow_number one) { return one == (*stored)->entry.number; };
  if (!stored->has_value() || std::any_of(erased_.begin(), erased_.end(), is_leaving)) {
    return static_cast<routed_flow*>(nullptr);
  }
  return &remember(std::move(**stored));
}

/// Whether the store has no flow of the build but those in memory: then it need not be asked.
bool router::knows_all(std::string_view key_text, build_number build) const {
  if (knows_all_ || known_builds_.empty()) return knows_all_;
  return known_builds_.contains({std::string{key_text.substr(0, key_text.find('|'))}, build});
}

routed_flow& router::remember(flow_row row) {
  auto& flow = flows_.add(std::move(row.entry));
  if (!has_flows(flow.entry.key.type())) types_with_flows_.emplace(flow.entry.key.type());
  for (const auto type : table_.versions(flow.entry.key.type())) {
    if (builds_[type] == flow.entry.build) flow.type = type;
  }
  flow.latest = row.latest;
  flow.written = row.latest;
  return flow;
}

result<routed_flow*> router::find(const flow_key& key) {
  const auto* row = running(key.type());
  return known(key.text(), row == nullptr ? first_build : build_of(*row));
}

result<routed_flow*> router::find(const flow_key& key, build_number build) {
  return known(key.text(), build);
}

result<routed_flow*> router::enlist(const flow_key& key) {
  auto found = find(key);
  if (!found) return found.error();
  if (*found != nullptr) return *found;
  const auto* row = running(key.type());
  flow_row fresh;
  fresh.entry = {flow_number{next_number_++}, key, unplaced,
                 row == nullptr ? first_build : build_of(*row)};
  auto& flow = remember(std::move(fresh));
  flow.enlisted = true;
  return &flow;
}

/// Builds that an explicit route of this type reaches here.
std::vector<build_number> router::builds_of(std::string_view type) const {
  std::vector<build_number> found;
  for (const auto version : table_.versions(type)) found.push_back(builds_[version]);
  if (!found.empty()) return found;
  if (const auto build = unhosted_build(type)) found.push_back(*build);
  return found;
}

result<std::vector<const routed_flow*>> router::reached(const event& what) {
  std::vector<std::pair<std::string, build_number>> names;
  if (what.envelope->has_routes) {
    for (const auto key : what.envelope->keys()) {
      for (const auto build : builds_of(key.substr(0, key.find('|')))) {
        names.emplace_back(key, build);
      }
    }
  } else if (!what.envelope->is_entry()) {
    millrace::route made;
    std::vector<route_target> targets;
    for (const auto type : table_.observers(what.type)) {
      targets.clear();
      const flow_type& observer = *table_.types()[type];
      if (!route_typed(observer, what, made, targets)) continue;
      for (const auto& target : targets) {
        names.emplace_back(
            observer.single ? observer.name : flow_key{observer.name, target.id}.text(),
            builds_[type]);
      }
    }
  }
  std::vector<const routed_flow*> reached;
  for (const auto& [key, build] : names) {
    auto flow = known(key, build);
    if (!flow) return flow.error();
    if (*flow != nullptr && what.at >= (*flow)->entry.born) reached.push_back(*flow);
  }
  return reached;
}

void router::forget(std::size_t limit) {
  if (flows_.size() <= limit || !being_written_.empty()) return;
  knows_all_ = false;
  known_builds_.clear();
  flows_.erase_if([](const routed_flow& flow) {
    return !flow.keep && !flow.enlisted && !flow.replacing && flow.unwritten.empty();
  });
}

}  // namespace millrace
