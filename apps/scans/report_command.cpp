#include <algorithm>
#include <map>
#include <ostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "millrace/host.hpp"
#include "scans/generate_command.hpp"
#include "scans/scans.hpp"

namespace scans {
namespace {

using millrace::application;
using millrace::errc;
using millrace::error;
using millrace::result;

/// All instances of a query, by id.
template <class Query>
result<std::map<std::string, decltype(Query::state)>> states_of(millrace::host& host) {
  std::vector<std::string> ids;
  auto listed = host.flows(
      [&](const millrace::flow_summary& one) {
        // Without an id: the type itself, whose routing is stopped.
        if (one.key.has_id()) ids.emplace_back(one.key.id());
      },
      Query::name);
  if (!listed) return listed.error();
  std::map<std::string, decltype(Query::state)> states;
  for (const auto& id : ids) {
    auto reading = host.read<Query>(id);
    if (reading) {
      states[id] = std::move(reading->state);
    } else if (reading.error().code != errc::not_found) {
      return reading.error();
    }
  }
  return states;
}

struct time_sums {
  std::uint64_t days = 0, breaks = 0, lunches = 0, on_task = 0, off = 0;
};

time_sums sums_of(const TimeOnTaskState& state) {
  time_sums sums;
  for (const auto& [date, day] : state.days()) {
    ++sums.days;
    sums.breaks += day.breaks();
    sums.lunches += day.lunches();
    sums.on_task += seconds_on_task(day);
    sums.off += day.off_seconds();
  }
  return sums;
}

std::string hours(std::uint64_t seconds) {
  return fmt::format("{}:{:02}", seconds / 3600, seconds / 60 % 60);
}

struct shop_report {
  std::map<std::string, ScanActivityState> people;
  std::map<std::string, TimeOnTaskState> times;
  std::map<std::string, ClientImageListState> clients;

  [[nodiscard]] time_sums sums(const std::string& user) const {
    const auto known = times.find(user);
    return known == times.end() ? time_sums{} : sums_of(known->second);
  }
};

result<shop_report> collect(millrace::host& host) {
  auto people = states_of<scan_activity>(host);
  if (!people) return people.error();
  auto times = states_of<time_on_task>(host);
  if (!times) return times.error();
  auto clients = states_of<client_image_list>(host);
  if (!clients) return clients.error();
  return shop_report{std::move(*people), std::move(*times), std::move(*clients)};
}

void print_text(std::ostream& to, const shop_report& shop) {
  to << fmt::format("{:<12}{:>7}{:>10}{:>6}{:>10}{:>6}{:>8}{:>9}{:>10}{:>9}\n", "user", "scans",
                    "complete", "open", "images", "days", "breaks", "lunches", "on task", "off");
  for (const auto& [user, did] : shop.people) {
    const auto sums = shop.sums(user);
    to << fmt::format("{:<12}{:>7}{:>10}{:>6}{:>10}{:>6}{:>8}{:>9}{:>10}{:>9}\n", user,
                      did.registered(), did.completed(), did.open().size(), did.images(), sums.days,
                      sums.breaks, sums.lunches, hours(sums.on_task), hours(sums.off));
  }
  to << fmt::format("\n{:<24}{:>10}{:>8}  {}\n", "client", "images", "users", "latest");
  for (const auto& [client, list] : shop.clients) {
    const auto latest = list.latest().empty() ? std::string{} : list.latest().rbegin()->path();
    to << fmt::format("{:<24}{:>10}{:>8}  {}\n", client, list.images(), list.by_user().size(),
                      latest);
  }
}

void print_json(std::ostream& to, const shop_report& shop) {
  nlohmann::ordered_json made = {{"users", nlohmann::ordered_json::array()},
                                 {"clients", nlohmann::ordered_json::array()}};
  for (const auto& [user, did] : shop.people) {
    const auto sums = shop.sums(user);
    made["users"].push_back({{"user", user},
                             {"scans", did.registered()},
                             {"complete", did.completed()},
                             {"open", did.open().size()},
                             {"timed_out", did.timed_out()},
                             {"images", did.images()},
                             {"days", sums.days},
                             {"breaks", sums.breaks},
                             {"lunches", sums.lunches},
                             {"seconds_on_task", sums.on_task},
                             {"seconds_off", sums.off}});
  }
  for (const auto& [client, list] : shop.clients) {
    made["clients"].push_back(
        {{"client", client}, {"images", list.images()}, {"users", list.by_user().size()}});
  }
  to << made.dump() << '\n';
}

result<application::store_use> store_for(const application::command_call& call) {
  for (const auto& word : call.arguments) {
    if (word != "--json") return error{errc::invalid, fmt::format("there is no option {}", word)};
  }
  return application::store_use::reads;
}

int run_report(millrace::host& host, const application::command_call& call) {
  const auto shop = collect(host);
  if (!shop) {
    call.err << "scans: " << shop.error().message << '\n';
    return application::exit_code(shop.error().code);
  }
  const bool json = !call.arguments.empty();
  json ? print_json(call.out, *shop) : print_text(call.out, *shop);
  return 0;
}

}  // namespace

millrace::application::command report_command() {
  return {.name = "report",
          .help = "Show users, their time on task, and clients",
          .arguments = "[--json]",
          .needs = store_for,
          .run = run_report};
}

}  // namespace scans
