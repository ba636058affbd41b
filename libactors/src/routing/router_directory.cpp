// What the router knows: rows of builds, and flows.
#include <algorithm>

#include "base/invariant.hpp"
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

router::sought router::to_seek(std::string_view key_text, build_number build) const {
  const auto key = key_parts::of(key_text);
  const auto seed = flow_directory::seed_of(key.type, build);
  return {key, build, flows_.hash_of(seed, key), nullptr, {}};
}

result<routed_flow*> router::known(std::string_view key_text, build_number build) {
  auto one = to_seek(key_text, build);
  if (auto done = look_up({&one, 1}); !done) return done.error();
  return one.flow;
}

routed_flow* router::awake(const sought& one) const {
  return flows_.find(one.key, one.build, one.hash);
}

/// In memory, in all that was in use once, in the store; null: nowhere. Names may repeat.
result<void> router::look_up(std::span<sought> all) {
  missing_.clear();
  for (auto& each : all) {
    each.flow = awake(each);
    if (each.flow != nullptr) continue;
    missing_.push_back(&each);
    if (resting_.size() == 0) continue;
    each.mark = resting_.mark_of({each.key.key().text(), each.build});
    resting_.fetch(each.mark);
  }
  std::erase_if(missing_, [this](sought* one) { return wake(*one) || knows_all(*one); });
  return missing_.empty() ? result<void>{} : ask_store();
}

bool router::wake(sought& one) {
  if (resting_.size() == 0) return false;
  const auto found = resting_.take(one.mark);
  if (!found) return (one.flow = awake(one)) != nullptr;  // its name came before
  one.flow = &remember({found->number, one.key.key(), found->born, one.build}, found->latest);
  return true;
}

/// For what is missing.
result<void> router::ask_store() {
  std::vector<std::string> keys;
  std::vector<flow_name> names;
  keys.reserve(missing_.size());
  names.reserve(missing_.size());
  for (const auto* one : missing_) {
    keys.push_back(one->key.key().text());
    names.push_back({keys.back(), one->build});
  }
  auto stored = lookup_(names);
  if (!stored) return stored.error();
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto& found = (*stored)[i];
    if (!found || is_leaving(found->number)) continue;
    auto& one = *missing_[i];
    one.flow = awake(one);
    if (one.flow != nullptr) continue;
    one.flow = &remember({found->number, one.key.key(), found->born, one.build}, found->latest);
  }
  return {};
}

bool router::is_leaving(flow_number flow) const {
  return std::find(erased_.begin(), erased_.end(), flow) != erased_.end();
}

/// Whether the store has no flow of the build but those in memory: then it need not be asked.
bool router::knows_all(const sought& one) const {
  if (knows_all_ || known_builds_.empty()) return knows_all_;
  return known_builds_.contains({std::string{one.key.type}, one.build});
}

routed_flow& router::remember(flow_entry entry, std::optional<position> latest) {
  MILLRACE_INVARIANT(key_parts::of(entry.key.text()).type == entry.key.type());  // to find it again
  auto& flow = flows_.add(std::move(entry));
  if (!has_flows(flow.entry.key.type())) types_with_flows_.emplace(flow.entry.key.type());
  for (const auto type : table_.versions(flow.entry.key.type())) {
    if (builds_[type] == flow.entry.build) flow.type = type;
  }
  flow.latest = latest;
  flow.written = latest;
  return flow;
}

result<routed_flow*> router::find(const flow_key& key) {
  const auto* row = running(key.type());
  return known(key.text(), row == nullptr ? first_build : build_of(*row));
}

result<routed_flow*> router::find(const flow_key& key, build_number build) {
  return known(key.text(), build);
}

/// Hashes that were made before are not of use after it.
void router::spread_flows() {
  if (flows_.is_piled_up()) flows_.hash_secretly();
}

result<std::vector<routed_flow*>> router::enlist(std::span<const flow_key* const> keys) {
  spread_flows();
  std::vector<sought> all;
  all.reserve(keys.size());
  for (const auto* key : keys) {
    const auto* row = running(key->type());
    const auto build = row == nullptr ? first_build : build_of(*row);
    all.push_back(to_seek(key->text(), build));
  }
  if (auto done = look_up(all); !done) return done.error();
  std::vector<routed_flow*> found;
  found.reserve(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    auto* flow = all[i].flow != nullptr ? all[i].flow : awake(all[i]);  // it may have come twice
    if (flow == nullptr) {
      flow = &remember({flow_number{next_number_++}, *keys[i], unplaced, all[i].build}, {});
      flow->enlisted = true;
    }
    found.push_back(flow);
  }
  return found;
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
    for (const auto type : table_.observers(what.type)) {
      const flow_type& observer = *table_.types()[type];
      if (!route_typed(observer, what, made)) continue;
      for (const auto& target : made.targets()) {
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

void router::forget(memory_limits limits) {
  if (flows_.size() <= limits.awake + not_resting_ || !being_written_.empty()) return;
  const auto forget_resting = [this] {
    if (resting_.size() == 0) return;
    resting_.clear();
    knows_all_ = false;
    known_builds_.clear();
  };
  // Before the table grows past that; those that were in use last stay known.
  if (resting_.size() + flows_.size() - not_resting_ > limits.known) forget_resting();
  flows_.erase_if([&](const routed_flow& flow) {
    if (flow.keep || flow.enlisted || flow.replacing || !flow.unwritten.empty()) return false;
    const auto& entry = flow.entry;
    resting_.put(resting_.mark_of({entry.key.text(), entry.build}),
                 {entry.number, entry.born, flow.latest});
    return true;
  });
  not_resting_ = flows_.size();
  if (resting_.size() > limits.known) forget_resting();
}

void router::rest(std::size_t known) {
  look_for_resting();
  forget({.awake = 0, .known = known});
  effects_.shrink_to_fit();
  hits_ = {};
}

}  // namespace millrace
