#include "engine/flow_types.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "store/builds.hpp"
#include "wire/fingerprint.hpp"

namespace millrace {
namespace {

v1::FlowType describe(const flow_type& hosted) {
  v1::FlowType made;
  made.set_name(hosted.name);
  made.set_version(static_cast<std::uint32_t>(hosted.version));
  made.set_topic(hosted.topic);
  made.set_single(hosted.single);
  if (hosted.state_prototype != nullptr) {
    made.set_state_fingerprint(fingerprint(*hosted.state_prototype->GetDescriptor()));
  }
  return made;
}

// What the resets of a flow leave of a build's generations (docs/formats/builds.md).
constexpr std::uint32_t schema_changes_max = 535;

error refusal(const v1::FlowType& type, std::string_view why) {
  return {errc::incompatible, fmt::format("flow type {}: {}", type.name(), why)};
}

/// What no version may change.
result<void> check_kind(const v1::FlowType& stored, const v1::FlowType& present) {
  if (stored.topic() == present.topic()) return {};
  return refusal(present, stored.topic()
                              ? "it was a topic and is a query now; give it another name"
                              : "it was a query and is a topic now; give it another name");
}

/// What only a new version may change.
result<void> check(const v1::FlowType& stored, const v1::FlowType& present) {
  if (auto same = check_kind(stored, present); !same) return same;
  if (stored.single() != present.single()) {
    return refusal(present,
                   "whether it has one instance or one for each id changed; give it a new version");
  }
  const auto field = incompatible_field(stored.state_fingerprint(), present.state_fingerprint());
  if (!field) return {};
  return refusal(
      present, fmt::format("field {} of its state changed its type, and stored states could not be "
                           "read; give the field a new number, or the type a new version",
                           *field));
}

/// Where the routing of a type that the store has not seen begins. A type that explicit routes have
/// reached already goes on where those are routed: its inboxes only grow at their ends. After a
/// crash that may be before the tail, and explicit routes up to there are still to be taken.
result<void> place_beginning(const store& stored, const flow_type& hosted, position tail,
                             v1::FlowType& row) {
  bool reached = false;
  auto read = stored.flows(hosted.name, [&](const flow_row&) {
    reached = true;
    return false;
  });
  if (!read) return read.error();
  auto routed = stored.routed();
  if (!routed) return routed.error();
  const bool from_now = hosted.starts_from == first_event::from_now;
  const auto first = from_now ? tail : reached ? *routed : position{};
  if (reached || *routed < first) row.set_explicit_before(first.value);
  row.set_since(first.value);
  row.set_routed(std::min(*routed, first).value);
  return {};
}

/// Reached by explicit routes alone so far, and adopted: its own route() is asked from now on.
bool begins_typed(const v1::FlowType& row) { return row.explicit_only() && !row.inert(); }

/// The row of a type that came with an import gets what the program knows of it.
result<v1::FlowType> first_hosted(const store& stored, v1::FlowType row,
                                  const v1::FlowType& present) {
  row.set_version(present.version());
  row.set_topic(present.topic());
  row.set_single(present.single());
  row.set_state_fingerprint(present.state_fingerprint());
  if (!begins_typed(row)) return row;
  auto routed = stored.routed();
  if (!routed) return routed.error();
  row.set_explicit_only(false);
  row.set_since(routed->value);
  row.set_routed(routed->value);
  row.set_explicit_before(routed->value);
  return row;
}

/// A topic that decided in another store comes to its states as after a reset.
bool begins_anew(const v1::FlowType& row, const flow_type& hosted) {
  return begins_typed(row) && row.decided_elsewhere() && hosted.topic;
}

/// The rows of a store, and what becomes of them.
class reconciliation {
 public:
  reconciliation(const store& stored, position tail, compatibility with_stored)
      : stored_(stored), tail_(tail), strict_(with_stored == compatibility::required) {}

  result<void> read();
  result<void> host(const flow_type& hosted);
  result<void> retire_others(const interest_table& interest);
  reconciled_types take() &&;

 private:
  using key = std::pair<std::string, build_number>;

  v1::FlowType* fitting(const v1::FlowType& present);
  v1::FlowType* revivable(const v1::FlowType& present);
  [[nodiscard]] bool leads_to_served(const v1::FlowType& row) const;
  const v1::FlowType* former(const std::string& name) const;
  result<void> begin(const flow_type& hosted, v1::FlowType present);
  result<void> go_on(v1::FlowType& row, const v1::FlowType& present);
  result<void> retire_imported(v1::FlowType& row, const v1::FlowType& present);
  result<void> begin_further(const flow_type& hosted, v1::FlowType present);
  void claim(v1::FlowType row);

  const store& stored_;
  position tail_;
  bool strict_;
  std::map<key, v1::FlowType> rows_;
  std::set<key> claimed_, changed_;
};

result<void> reconciliation::read() {
  auto rows = stored_.flow_types();
  if (!rows) return rows.error();
  for (auto& row : *rows) rows_.emplace(key{row.name(), build_of(row)}, std::move(row));
  return {};
}

/// The newest build of this version that runs; also what came with an import, or was only reached
/// by explicit routes: those have no version.
v1::FlowType* reconciliation::fitting(const v1::FlowType& present) {
  v1::FlowType* found = nullptr;
  for (auto& [name, row] : rows_) {
    const bool fits = row.version() == present.version() || row.version() == 0 ||
                      (row.explicit_only() && !claimed_.contains(name));
    if (name.first == present.name() && fits && !row.retired()) found = &row;
  }
  return found == nullptr ? revivable(present) : found;
}

/// A query's former version that is still served goes on where it was when the program comes back
/// to it; or what that had begun anew in. (A topic's does not: the newer one has decided what came
/// since.)
v1::FlowType* reconciliation::revivable(const v1::FlowType& present) {
  v1::FlowType* found = nullptr;
  for (auto& [name, row] : rows_) {
    const bool same =
        name.first == present.name() && row.version() == present.version() && !row.topic();
    if (!same || !row.retired() || !leads_to_served(row)) continue;
    if (strict_ && !check(row, present)) continue;
    found = &row;
  }
  if (found == nullptr) return nullptr;
  found->set_retired(false);
  found->clear_frozen_at();
  changed_.insert({found->name(), build_of(*found)});
  return found;
}

/// Whether it is served, or took the place of one that is and has the same version.
bool reconciliation::leads_to_served(const v1::FlowType& row) const {
  const auto* next = &row;
  while (!next->served()) {
    const auto former = rows_.find({row.name(), build_number{next->replaces()}});
    if (former == rows_.end() || former->second.version() != row.version()) return false;
    next = &former->second;
  }
  return true;
}

/// The build that the further one comes after.
const v1::FlowType* reconciliation::former(const std::string& name) const {
  const v1::FlowType* found = nullptr;
  for (const auto& [known, row] : rows_) {
    if (known.first != name || (found != nullptr && row.retired() && !found->retired())) continue;
    found = &row;
  }
  return found;
}

void reconciliation::claim(v1::FlowType row) {
  const key name{row.name(), build_of(row)};
  claimed_.insert(name);
  changed_.insert(name);
  rows_.insert_or_assign(name, std::move(row));
}

result<void> reconciliation::host(const flow_type& hosted) {
  const auto present = describe(hosted);
  if (auto* row = fitting(present)) {
    if (!begins_anew(*row, hosted)) return go_on(*row, present);
    if (auto retired = retire_imported(*row, present); !retired) return retired;
  }
  if (former(hosted.name) != nullptr) return begin_further(hosted, present);
  return begin(hosted, present);
}

result<void> reconciliation::begin(const flow_type& hosted, v1::FlowType present) {
  if (auto placed = place_beginning(stored_, hosted, tail_, present); !placed) return placed;
  present.set_build(static_cast<std::uint32_t>(first_build));
  present.set_served(true);
  claim(std::move(present));
  return {};
}

result<void> reconciliation::go_on(v1::FlowType& row, const v1::FlowType& present) {
  claimed_.emplace(row.name(), build_of(row));
  if (row.version() == 0 || begins_typed(row)) {
    auto begun = first_hosted(stored_, row, present);
    if (!begun) return begun.error();
    claim(std::move(*begun));
    return {};
  }
  if (strict_) {
    if (auto fits = check(row, present); !fits) return fits;
  }
  if (row.state_fingerprint() == present.state_fingerprint()) return {};
  if (row.schema_changes() == schema_changes_max) {
    return refusal(present, "its state's message has changed too often; give it a new version");
  }
  // The same events may come to other bytes now.
  auto changed = row;
  changed.set_state_fingerprint(present.state_fingerprint());
  changed.set_schema_changes(row.schema_changes() + 1);
  claim(std::move(changed));
  return {};
}

/// Its flows were never run here: what they were is known by their checkpoints alone.
result<void> reconciliation::retire_imported(v1::FlowType& row, const v1::FlowType& present) {
  auto routed = stored_.routed();
  if (!routed) return routed.error();
  row.set_retired(true);
  row.set_inert(true);
  row.set_frozen_at(routed->value);
  row.set_version(present.version());
  row.set_topic(true);
  changed_.insert({row.name(), build_of(row)});
  return {};
}

/// A version that the store does not have: a query sees all of history, beside the former result; a
/// topic begins at the tail.
result<void> reconciliation::begin_further(const flow_type& hosted, v1::FlowType present) {
  const auto before = *former(hosted.name);
  if (strict_) {
    if (auto same = check_kind(before, present); !same) return same;
  }
  std::vector<v1::FlowType> all;
  for (const auto& [name, row] : rows_) all.push_back(row);
  present.set_build(next_build(all, hosted.name));
  if (hosted.topic) {
    if (before.decided_elsewhere()) {
      present.set_replaces(static_cast<std::uint32_t>(build_of(before)));
    } else if (hosted.starts_from == first_event::from_now) {
      present.set_since(tail_.value);
    } else {
      // From where the former one began. Up to where that came, it decides again.
      present.set_since(before.since());
      present.set_explicit_before(before.explicit_before());
      present.set_replaces(static_cast<std::uint32_t>(build_of(before)));
    }
    present.set_served(true);
    for (auto& [name, row] : rows_) {
      if (name.first == hosted.name && row.served()) {
        row.set_served(false);
        changed_.insert(name);
      }
    }
  }
  present.set_routed(first_routed(present));
  claim(std::move(present));
  return {};
}

/// Builds of hosted names that no hosted version goes on with.
result<void> reconciliation::retire_others(const interest_table& interest) {
  for (auto& [name, row] : rows_) {
    if (row.retired() || claimed_.contains(name) || !interest.find(name.first)) continue;
    auto routed = row.explicit_only() ? stored_.routed() : result<position>{{row.routed()}};
    if (!routed) return routed.error();
    row.set_retired(true);
    row.set_frozen_at(routed->value);
    changed_.insert(name);
  }
  return {};
}

reconciled_types reconciliation::take() && {
  reconciled_types known;
  for (const auto& name : changed_) known.changed.push_back(rows_.at(name));
  for (auto& [name, row] : rows_) known.all.push_back(std::move(row));
  return known;
}

}  // namespace

result<reconciled_types> reconcile(const store& stored, const interest_table& interest,
                                   position tail, compatibility with_stored) {
  reconciliation made{stored, tail, with_stored};
  if (auto read = made.read(); !read) return read.error();
  auto hosted = interest.types();
  std::stable_sort(hosted.begin(), hosted.end(),
                   [](const auto& a, const auto& b) { return a->version < b->version; });
  for (const auto& type : hosted) {
    if (auto done = made.host(*type); !done) return done.error();
  }
  if (auto done = made.retire_others(interest); !done) return done.error();
  return std::move(made).take();
}

}  // namespace millrace
