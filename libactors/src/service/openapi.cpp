#include "service/openapi.hpp"

#include <nlohmann/json.hpp>

#include "documents/event.hpp"
#include "service/problem.hpp"

namespace millrace::service {
namespace {

using documents::json;

void add_path_parameters(std::string_view path, json& to) {
  for (auto begin = path.find('{'); begin != path.npos; begin = path.find('{', begin)) {
    const auto end = path.find('}', begin);
    const auto name = path.substr(begin + 1, end - begin - 1);
    to.push_back({{"name", name},
                  {"in", "path"},
                  {"required", true},
                  {"schema", {{"type", name == "position" ? "integer" : "string"}}}});
    begin = end;
  }
}

json parameters_of(const endpoint& of) {
  json all = json::array();
  add_path_parameters(of.path, all);
  for (const auto& one : of.arguments) {
    all.push_back({{"name", one.name},
                   {"in", "query"},
                   {"description", one.meaning},
                   {"schema", {{"type", one.type}}}});
  }
  return all;
}

json responses_of(const endpoint& of) {
  json all = json::object();
  if (of.where != lane::socket) all["200"] = {{"description", reason_of(200)}};
  for (const auto status : of.statuses) {
    all[std::to_string(status)] = {{"description", reason_of(status)}};
  }
  const json schema = {{"$ref", "#/components/schemas/problem"}};
  all["default"] = {{"description", "What went wrong"},
                    {"content", {{"application/problem+json", {{"schema", schema}}}}}};
  return all;
}

json operation_of(const endpoint& of) {
  json made = {
      {"summary", of.summary}, {"parameters", parameters_of(of)}, {"responses", responses_of(of)}};
  if (!of.accepted.empty()) {
    json content = json::object();
    for (const auto* type : of.accepted) content[type] = json::object();
    made["requestBody"] = {{"required", true}, {"content", std::move(content)}};
  }
  if (of.needs == access::nothing) made["security"] = json::array();
  return made;
}

json problem_schema() {
  const json text = {{"type", "string"}};
  return {{"type", "object"},
          {"properties",
           {{"type", text},
            {"title", text},
            {"status", {{"type", "integer"}}},
            {"detail", text},
            {"error", text},
            {"retryable", {{"type", "boolean"}}}}}};
}

std::string lower(std::string_view method) {
  std::string made{method};
  for (char& c : made) c = static_cast<char>(c - 'A' + 'a');
  return made;
}

}  // namespace

std::string openapi_of(const std::vector<endpoint>& all, std::string_view version) {
  json paths = json::object();
  for (const auto& one : all) paths[one.path][lower(one.method)] = operation_of(one);
  const json token = {{"type", "http"}, {"scheme", "bearer"}};
  return documents::dump(
      {{"openapi", "3.1.0"},
       {"info", {{"title", "millrace"}, {"version", version}}},
       {"paths", std::move(paths)},
       {"components",
        {{"schemas", {{"problem", problem_schema()}}}, {"securitySchemes", {{"token", token}}}}},
       {"security", json::array({{{"token", json::array()}}})}});
}

}  // namespace millrace::service
