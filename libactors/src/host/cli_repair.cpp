// retry, skip: let a flow that stopped on an event go on.
#include <fmt/format.h>

#include "host/cli_commands.hpp"
#include "host/cli_event.hpp"

namespace millrace::cli {
namespace {

/// On which event the routing of the type, or else the flow, is stopped; none: it is not, or is not
/// known.
result<std::optional<position>> stopped_at(const context& in, const flow_key& key) {
  auto from = in.open_store();
  if (!from) return from.error();
  auto types = (*from)->flow_types();
  if (!types) return types.error();
  for (const auto& type : *types) {
    if (type.name() == key.text() && type.has_error_position() && !type.retired()) {
      return std::optional{position{type.error_position()}};
    }
  }
  auto row = (*from)->find_flow(key, build_list{*types}.running(key.type()));
  if (!row) return row.error();
  if (!*row || !(*row)->checkpoint.has_error_position()) return std::optional<position>{};
  return std::optional{position{(*row)->checkpoint.error_position()}};
}

/// The name of a type of many instances is no flow, but it is not unknown either.
error refusal(const context& in, const flow_key& key, const error& by_host) {
  const bool names_type = !key.has_id() && in.known.table.find(key.text());
  if (by_host.code != errc::not_found || !names_type) return by_host;
  return {errc::conflict, fmt::format("the routing of {} is not stopped", key.text())};
}

}  // namespace

outcome repair(const context& in, const std::string& key_text, repair_kind kind) {
  const auto key = flow_key::parse(key_text);
  auto at = stopped_at(in, key);
  if (!at) return at.error();
  auto opened = in.open_host({.run_flows = false}, false);
  if (!opened) return opened.error();
  const bool retries = kind == repair_kind::retry;
  auto repaired = retries ? (*opened)->retry(key) : (*opened)->skip(key);
  if (!repaired) return refusal(in, key, repaired.error());
  (*opened)->stop();
  if (in.json) {
    in.out.json(dump({{"flow", key_text},
                      {"repair", retries ? "retry" : "skip"},
                      {"position", number_or_null(*at)}}));
    return exit_code::done;
  }
  const auto event = *at ? fmt::format("event {}", (*at)->value) : std::string{"the failed event"};
  in.out.line(retries ? event + " will be tried again by the next run"
                      : event + " is passed by; the next run goes on after it");
  return exit_code::done;
}

}  // namespace millrace::cli
