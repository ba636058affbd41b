/// Counting lines by what they say: for sessions and for days.
#pragma once

#include <dpkg-flows/events.pb.h>

namespace dpkg_flows {

inline void count(SessionCounts& counts, const PackageActionTaken& line) {
  counts.set_lines(counts.lines() + 1);
  switch (line.action()) {
    case INSTALL: counts.set_installs(counts.installs() + 1); break;
    case UPGRADE: counts.set_upgrades(counts.upgrades() + 1); break;
    case CONFIGURE: counts.set_configures(counts.configures() + 1); break;
    case TRIGPROC: counts.set_triggers(counts.triggers() + 1); break;
    case REMOVE:
    case DISAPPEAR: counts.set_removes(counts.removes() + 1); break;
    case PURGE: counts.set_purges(counts.purges() + 1); break;
    default: break;
  }
}
inline void count(SessionCounts& counts, const ConffileDecided&) {
  counts.set_lines(counts.lines() + 1);
  counts.set_conffiles(counts.conffiles() + 1);
}
/// The rest only counts as a line.
template <class E>
void count(SessionCounts& counts, const E&) {
  counts.set_lines(counts.lines() + 1);
}

}  // namespace dpkg_flows
