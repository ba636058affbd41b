#include "documents/comparison.hpp"

#include "documents/flow.hpp"

namespace millrace::documents {
namespace {

std::string_view name_of(instance_difference kind) {
  switch (kind) {
    case instance_difference::former_only: return "former_only";
    case instance_difference::newer_only: return "newer_only";
    case instance_difference::differs: return "differs";
    case instance_difference::untold: return "untold";
  }
  return "";
}

json json_of(const compared_result& of) {
  return {{"build", of.build},         {"version", of.version}, {"served", of.served},
          {"frozen", of.frozen},       {"known", of.known},     {"until", of.until.value},
          {"instances", of.instances}, {"alone", of.alone}};
}

std::string value_of(const std::optional<std::string>& state, bool by_number) {
  if (!state) return "null";
  return by_number ? dump(json(*state)) : *state;
}

}  // namespace

std::string line_of(const result_comparison& of) {
  json fields = json::object();
  for (const auto& [path, count] : of.fields) fields[path] = count;
  return dump({{"type", of.type},
               {"at", number_or_null(of.at)},
               {"former", json_of(of.former)},
               {"newer", json_of(of.newer)},
               {"equal", of.equal},
               {"differing", of.differing},
               {"untold", of.untold},
               {"earlier", of.earlier},
               {"by_number", of.by_number},
               {"fields", std::move(fields)}});
}

std::string line_of(const compared_instance& of, bool by_number) {
  auto line = dump({{"flow", of.key},
                    {"kind", name_of(of.kind)},
                    {"why", of.why.empty() ? json(nullptr) : json(of.why)},
                    {"at", of.at.value},
                    {"fields", of.fields}});
  line = with(std::move(line), "former", value_of(of.former, by_number));
  return with(std::move(line), "newer", value_of(of.newer, by_number));
}

}  // namespace millrace::documents
