#include "dpkg-flows/package_history.hpp"

namespace dpkg_flows {
namespace {

/// Counts what changes a version, and says whether this does.
bool count(PackageHistoryState& state, PackageAction action) {
  switch (action) {
    case INSTALL: state.set_installs(state.installs() + 1); return true;
    case UPGRADE: state.set_upgrades(state.upgrades() + 1); return true;
    case REMOVE:
    case PURGE:
    case DISAPPEAR: state.set_removes(state.removes() + 1); return true;
    default: return false;
  }
}

}  // namespace

void package_history::given(const PackageActionTaken& e) {
  if (state.package().empty()) {
    state.set_package(full_name(e));
    *state.mutable_first_seen() = e.logged_at();
  }
  if (!count(state, e.action())) return;
  const bool comes = e.action() == INSTALL || e.action() == UPGRADE;
  state.set_version(comes ? e.new_version() : "");
  *state.mutable_last_changed() = e.logged_at();
  if (state.changes_size() == changes_max) {
    state.mutable_changes()->DeleteSubrange(0, 1);
    state.set_changes_forgotten(state.changes_forgotten() + 1);
  }
  auto& change = *state.add_changes();
  *change.mutable_logged_at() = e.logged_at();
  change.set_action(e.action());
  change.set_version(comes ? e.new_version() : e.old_version());
}

}  // namespace dpkg_flows
