/// `report [--all] [--json]`: tables of what the queries know.
#pragma once

#include <string>

#include "dpkg-flows/report_data.hpp"
#include "millrace/application.hpp"

namespace dpkg_flows {

[[nodiscard]] millrace::application::command report_command();

/// The report as text; without `all` long tables are cut to their most telling rows. Pure.
[[nodiscard]] std::string report_text(const report_data& data, bool all);
/// The same as one JSON value on one line, always whole. Pure.
[[nodiscard]] std::string report_json(const report_data& data);

}  // namespace dpkg_flows
