/// `generate --events N [--seed S] [--batch B] [--json]` and `report`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "millrace/application.hpp"
#include "millrace/result.hpp"

namespace scans {

struct generate_request {
  std::uint64_t events = 10'000;
  std::uint64_t seed = 1;
  std::uint64_t batch = 4096;
  bool json = false;
};
/// Errors: invalid, for options that there are not and for what is no number.
[[nodiscard]] millrace::result<generate_request> parse_generate(
    const std::vector<std::string>& arguments);

/// Appends the first `events` inputs of the generator, whatever is on the timeline already, and
/// prints its rate. Runs no flow.
[[nodiscard]] millrace::application::command generate_command();

/// Tables of the queries: users, their time on task, clients. Runs no flow.
[[nodiscard]] millrace::application::command report_command();

}  // namespace scans
