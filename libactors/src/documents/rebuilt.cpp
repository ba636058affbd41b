#include "documents/rebuilt.hpp"

#include <algorithm>

namespace millrace::documents {

json json_of(const rebuild_counts& of, double seconds) {
  return {{"events", of.events},
          {"flows", of.flows},
          {"postings", of.postings},
          {"effects", of.effects},
          {"timers", of.timers},
          {"passes", of.passes},
          {"differences", of.differences},
          {"mended", of.mended},
          {"unmended", of.unmended},
          {"seconds", seconds},
          {"rate", static_cast<double>(of.events) / std::max(seconds, 1e-6)}};
}

rebuild_counts rebuild_counts_of(const json& shown) {
  const auto number = [&](const char* name) { return shown.at(name).get<std::uint64_t>(); };
  return {.events = number("events"),
          .flows = number("flows"),
          .postings = number("postings"),
          .effects = number("effects"),
          .timers = number("timers"),
          .passes = number("passes"),
          .differences = number("differences"),
          .mended = number("mended"),
          .unmended = number("unmended")};
}

json json_of(const verify_counts& of) {
  return {{"events", of.events},
          {"flows", of.flows},
          {"postings", of.postings},
          {"timers", of.timers},
          {"findings", of.findings}};
}

}  // namespace millrace::documents
