#include "documents/served.hpp"

#include <fmt/format.h>

#include "documents/flow.hpp"
#include "documents/text.hpp"
#include "host/built_result.hpp"
#include "wire/fingerprint.hpp"

namespace millrace::documents {
namespace {

/// The message of the state that a build made; null: this program has none that reads it.
const google::protobuf::Message* message_of(const known_types& known, const v1::FlowType& row) {
  if (const auto* code = code_of(known.table, row.name(), row.version())) {
    return code->state_prototype;
  }
  const auto newest = known.table.find(row.name());
  const auto* message = newest ? known.table.types()[*newest]->state_prototype : nullptr;
  if (message == nullptr) return nullptr;
  const auto present = fingerprint(*message->GetDescriptor());
  return incompatible_field(row.state_fingerprint(), present) ? nullptr : message;
}

void show_state(const known_types& known, const v1::FlowType& row, const instance_at& as_it_was,
                served_flow& made) {
  if (as_it_was.is_json) {
    made.state = as_it_was.state;
    return;
  }
  const auto* message = message_of(known, row);
  if (message != nullptr) made.state = state_as_json(*message, as_it_was.state).value_or("");
  if (!made.state.empty()) return;
  made.state_note =
      fmt::format("{} bytes that no message of this program reads", as_it_was.state.size());
}

}  // namespace

std::optional<served_build> served_beside(const overview& now, std::string_view flow_type) {
  const auto found = now.served_beside().find(flow_type);
  if (found == now.served_beside().end()) return std::nullopt;
  return found->second;
}

result<std::optional<served_flow>> read_served(const source& of, const overview& now,
                                               const flow_key& key) {
  const auto build = served_beside(now, key.type());
  if (!build) return std::optional<served_flow>{};
  served_flow made{.build = *build};
  auto row = of.from.find_flow(key, build_of(build->row));
  if (!row) return row.error();
  if (!*row || !(*row)->checkpoint.has_position()) return std::optional{std::move(made)};
  const position reached{(*row)->checkpoint.position()};
  const built_result result{of.from, of.known.table, of.known.registry, build->row};
  auto as_it_was = result.take(*row, reached);
  if (!as_it_was) return as_it_was.error();
  made.at = as_it_was->at;
  if (!as_it_was->is_told()) {
    made.state_note = as_it_was->why;
  } else if (!as_it_was->alive) {
    made.state_note = "it had ended";
  } else {
    show_state(of.known, build->row, *as_it_was, made);
  }
  return std::optional{std::move(made)};
}

std::string in_words(const served_build& of) {
  return fmt::format("version {} (build {}) is{}: it has seen the events before {}",
                     of.row.version(), static_cast<std::uint32_t>(build_of(of.row)),
                     of.row.retired() ? ", frozen" : "", grouped(of.until.value));
}

json json_of(const std::optional<served_build>& of) {
  if (!of) return nullptr;
  return {{"build", static_cast<std::uint32_t>(build_of(of->row))},
          {"version", of->row.version()},
          {"frozen", of->row.retired()},
          {"until", of->until.value}};
}

std::string line_of(const served_flow& of) {
  auto line = json_of(of.build);
  line["at"] = number_or_null(of.at);
  return with(dump(line), "state", of.state.empty() ? "null" : of.state);
}

}  // namespace millrace::documents
