/// The flows over a dpkg log, for whoever runs them: a host, an application or a test.
#pragma once

#include <chrono>

#include "dpkg-flows/daily_activity.hpp"
#include "dpkg-flows/half_configured.hpp"
#include "dpkg-flows/import_ledger.hpp"
#include "dpkg-flows/install_session.hpp"
#include "dpkg-flows/package_history.hpp"
#include "dpkg-flows/session_list.hpp"

namespace dpkg_flows {

inline constexpr std::chrono::seconds session_gap = std::chrono::minutes{5};

/// Adds all flows to a millrace::host, application or host_test.
template <class Target>
void add_dpkg_flows(Target& target) {
  const auto add = [&](millrace::flow_type type) {
    static_cast<void>(target.add(std::move(type)));
  };
  add(millrace::describe<import_ledger>());
  add(millrace::describe<package_history>());
  add(millrace::describe<install_session>({}, session_gap));
  add(millrace::describe<session_list>());
  add(millrace::describe<half_configured>());
  add(millrace::describe<daily_activity>());
}

}  // namespace dpkg_flows
