/// Packages that did not reach `installed`.
#pragma once

#include <string_view>

#include <dpkg-flows/events.pb.h>
#include <dpkg-flows/states.pb.h>

#include "dpkg-flows/log_line.hpp"
#include "millrace/flow.hpp"

namespace dpkg_flows {

/// HalfConfigured: the packages between two states of rest. At rest are installed ones, and those
/// that are gone, with or without their configuration files.
struct half_configured {
  static constexpr std::string_view name = "HalfConfigured";
  using observes = millrace::events<PackageStatusChanged>;

  void given(const PackageStatusChanged& e) {
    const auto status = e.status();
    if (status == INSTALLED || status == NOT_INSTALLED || status == CONFIG_FILES) {
      state.mutable_packages()->erase(full_name(e));
      return;
    }
    auto& package = (*state.mutable_packages())[full_name(e)];
    package.set_status(status);
    package.set_version(e.version());
    *package.mutable_since() = e.logged_at();
  }

  HalfConfiguredState state;
};

}  // namespace dpkg_flows
