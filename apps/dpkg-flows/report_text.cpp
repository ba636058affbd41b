#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "dpkg-flows/log_line.hpp"
#include "dpkg-flows/logged_time.hpp"
#include "dpkg-flows/report_command.hpp"
#include "dpkg-flows/table.hpp"

namespace dpkg_flows {
namespace {

constexpr std::size_t packages_shown = 12;
constexpr std::size_t rows_shown = 20;
constexpr std::size_t bar_width = 24;

std::string or_dash(const std::string& text) { return text.empty() ? "-" : text; }

/// Which of `count` rows are shown, when it is the last ones that tell most.
std::size_t first_shown(std::size_t count, bool all) {
  return all || count <= rows_shown ? 0 : count - rows_shown;
}

std::string heading(std::string_view title, std::size_t shown, std::size_t of) {
  const auto note = shown < of ? fmt::format(" ({} of {})", shown, of) : fmt::format(" ({})", of);
  return fmt::format("\n{}{}\n", title, note);
}

std::string packages_text(const report_data& data, bool all) {
  const auto upgraded = static_cast<std::size_t>(
      std::ranges::count_if(data.packages, [](const auto& one) { return one.upgrades() > 0; }));
  const auto shown = all ? upgraded : std::min(upgraded, packages_shown);
  auto text = heading("Most upgraded packages", shown, upgraded);
  if (shown == 0) return text + "  none\n";
  const auto most = data.packages.front().upgrades();
  table rows{{"package", "upgrades", "version ", "last change ", " "}};
  for (std::size_t i = 0; i < shown; ++i) {
    const auto& one = data.packages[i];
    rows.add({one.package(), grouped(one.upgrades()), or_dash(one.version()),
              to_text(one.last_changed()), bar(one.upgrades(), most, bar_width)});
  }
  return text + rows.text();
}

std::string sessions_text(const report_data& data, bool all) {
  const auto count = data.sessions.size();
  const auto first = first_shown(count, all);
  auto text = heading("Sessions, with a gap of 5 minutes between them", count - first, count);
  if (count == 0) return text + "  none\n";
  table rows{{"session", "start ", "duration", "lines", "install", "upgrade", "configure",
              "trigger", "remove", "conffile"}};
  for (std::size_t i = first; i < count; ++i) {
    const auto& session = data.sessions[i].session();
    const auto& n = session.counts();
    if (data.sessions[i].open()) {
      rows.add({std::to_string(session.number()), to_text(session.started_at()), "open"});
      continue;
    }
    rows.add({std::to_string(session.number()), to_text(session.started_at()),
              lasting(static_cast<std::uint64_t>(session.ended_at().seconds() -
                                                 session.started_at().seconds())),
              grouped(n.lines()), grouped(n.installs()), grouped(n.upgrades()),
              grouped(n.configures()), grouped(n.triggers()), grouped(n.removes() + n.purges()),
              grouped(n.conffiles())});
  }
  return text + rows.text();
}

std::string half_configured_text(const report_data& data) {
  const auto count = data.half_configured.size();
  auto text = heading("Packages that did not reach `installed`", count, count);
  if (count == 0) return text + "  none\n";
  table rows{{"package", "status ", "version ", "since "}};
  for (const auto& [package, at] : data.half_configured) {
    rows.add(
        {package, std::string{word_of(at.status())}, or_dash(at.version()), to_text(at.since())});
  }
  return text + rows.text();
}

std::uint64_t actions_in(const SessionCounts& n) {
  return n.installs() + n.upgrades() + n.configures() + n.triggers() + n.removes() + n.purges();
}

std::string days_text(const report_data& data, bool all) {
  const auto count = data.days.size();
  const auto first = first_shown(count, all);
  auto text = heading("Daily activity", count - first, count);
  if (count == 0) return text + "  none\n";
  std::uint64_t most = 0;
  for (const auto& day : data.days) most = std::max(most, actions_in(day.counts()));
  table rows{
      {"day", "lines", "actions", "install", "upgrade", "remove", "0h   6h    12h   18h   ", " "}};
  for (std::size_t i = first; i < count; ++i) {
    const auto& day = data.days[i];
    const auto& n = day.counts();
    rows.add({day.day(), grouped(n.lines()), grouped(actions_in(n)), grouped(n.installs()),
              grouped(n.upgrades()), grouped(n.removes() + n.purges()),
              spark_line({day.lines_by_hour().begin(), day.lines_by_hour().end()}),
              bar(actions_in(n), most, bar_width)});
  }
  return text + rows.text();
}

using json = nlohmann::ordered_json;

json to_json(const SessionCounts& n) {
  return {{"lines", n.lines()},          {"install", n.installs()},  {"upgrade", n.upgrades()},
          {"configure", n.configures()}, {"trigger", n.triggers()},  {"remove", n.removes()},
          {"purge", n.purges()},         {"conffile", n.conffiles()}};
}

json to_json(const PackageHistoryState& one) {
  return {{"package", one.package()},
          {"version", one.version()},
          {"status", word_of(one.status())},
          {"installs", one.installs()},
          {"upgrades", one.upgrades()},
          {"removes", one.removes()},
          {"first_seen", to_text(one.first_seen())}};
}

json to_json(const SessionListState::Entry& entry) {
  const auto& session = entry.session();
  json made = {{"session", session.number()},
               {"open", entry.open()},
               {"start", to_text(session.started_at())}};
  if (entry.open()) return made;
  made["end"] = to_text(session.ended_at());
  made["counts"] = to_json(session.counts());
  return made;
}

}  // namespace

std::string report_text(const report_data& data, bool all) {
  return fmt::format("{} lines, {} packages, {} sessions, {} days\n", grouped(data.lines),
                     grouped(data.packages.size()), grouped(data.sessions.size()),
                     grouped(data.days.size())) +
         packages_text(data, all) + sessions_text(data, all) + half_configured_text(data) +
         days_text(data, all);
}

std::string report_json(const report_data& data) {
  json made = {{"lines", data.lines},
               {"packages", json::array()},
               {"sessions", json::array()},
               {"half_configured", json::array()},
               {"days", json::array()}};
  for (const auto& one : data.packages) made["packages"].push_back(to_json(one));
  for (const auto& one : data.sessions) made["sessions"].push_back(to_json(one));
  for (const auto& [package, at] : data.half_configured) {
    made["half_configured"].push_back({{"package", package},
                                       {"status", word_of(at.status())},
                                       {"version", at.version()},
                                       {"since", to_text(at.since())}});
  }
  for (const auto& day : data.days) {
    made["days"].push_back(
        {{"day", day.day()},
         {"counts", to_json(day.counts())},
         {"lines_by_hour",
          std::vector<std::uint64_t>{day.lines_by_hour().begin(), day.lines_by_hour().end()}}});
  }
  return made.dump();
}

}  // namespace dpkg_flows
