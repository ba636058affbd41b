#include "documents/done.hpp"

#include <fmt/format.h>

#include "store/builds.hpp"

namespace millrace::documents {

result<std::optional<position>> stopped_at(const millrace::store& from, const flow_key& key) {
  auto types = from.flow_types();
  if (!types) return types.error();
  for (const auto& type : *types) {
    if (type.name() == key.text() && type.has_error_position() && !type.retired()) {
      return std::optional{position{type.error_position()}};
    }
  }
  auto row = from.find_flow(key, build_list{*types}.running(key.type()));
  if (!row) return row.error();
  if (!*row || !(*row)->checkpoint.has_error_position()) return std::optional<position>{};
  return std::optional{position{(*row)->checkpoint.error_position()}};
}

result<bool> has_forgotten(const millrace::store& from, const flow_key& key) {
  auto types = from.flow_types();
  if (!types) return types.error();
  auto row = from.find_flow(key, build_list{*types}.running(key.type()));
  if (!row) return row.error();
  if (!*row || (*row)->checkpoint.has_life()) return false;
  const auto loaded = from.load((*row)->entry.number);
  if (!loaded && loaded.error().code != errc::corrupt) return loaded.error();
  return !loaded;
}

bool names_many(const known_types& known, const flow_key& key) {
  const auto type = known.table.find(key.text());
  return !key.has_id() && type && !known.table.types()[*type]->single;
}

error repair_refusal(const known_types& known, const flow_key& key, const error& by_host) {
  const bool names_type = !key.has_id() && known.table.find(key.text());
  if (by_host.code != errc::not_found || !names_type) return by_host;
  return {errc::conflict, fmt::format("the routing of {} is not stopped", key.text())};
}

std::string appended_line(position at, bool repeated) {
  return dump({{"position", at.value}, {"repeated", repeated}});
}

std::string repaired_line(const std::string& flow, std::string_view repair,
                          std::optional<position> at) {
  return dump({{"flow", flow}, {"repair", repair}, {"position", number_or_null(at)}});
}

std::string retried_line(std::size_t flows) {
  return dump({{"repair", "retry"}, {"flows", flows}});
}

std::string reset_line(const std::string& flow, bool accept_history, bool forgotten) {
  return dump({{"flow", flow},
               {"repair", "reset"},
               {"accept_history", accept_history},
               {"skips_forgotten", forgotten}});
}

std::string reset_line(const std::string& type, bool accept_history, const type_reset& of) {
  return dump({{"type", type},
               {"repair", "reset"},
               {"accept_history", accept_history},
               {"flows", of.flows},
               {"one_scan", of.one_scan}});
}

std::string switched_line(const std::string& type, const switch_report& of, bool dry_run) {
  return dump({{"type", type},
               {"dry_run", dry_run},
               {"former", of.former},
               {"served", of.served},
               {"version", of.version},
               {"dropped", of.dropped}});
}

std::string adopted_line(const std::string& type, bool dry_run, const adoption& of) {
  return dump({{"adopted", type},
               {"dry_run", dry_run},
               {"flows", of.flows},
               {"timers", of.activated},
               {"overdue", of.overdue}});
}

}  // namespace millrace::documents
