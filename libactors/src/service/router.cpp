#include "service/router.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "service/endpoints.hpp"
#include "service/problem.hpp"

namespace millrace::service {
namespace {

bool is_variable(std::string_view part) { return part.starts_with('{'); }

/// The segments of a template; it begins with a slash.
std::vector<std::string_view> parts_of(std::string_view path) {
  std::vector<std::string_view> made;
  for (;;) {
    path.remove_prefix(1);
    const auto end = path.find('/');
    made.push_back(path.substr(0, end));
    if (end == path.npos) return made;
    path.remove_prefix(end);
  }
}

bool fits(std::string_view path, const std::vector<std::string>& segments,
          std::vector<field>& variables) {
  const auto parts = parts_of(path);
  if (parts.size() != segments.size()) return false;
  variables.clear();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (is_variable(parts[i])) {
      variables.emplace_back(parts[i].substr(1, parts[i].size() - 2), segments[i]);
    } else if (parts[i] != segments[i]) {
      return false;
    }
  }
  return true;
}

/// A misspelt argument would be a call that does something else than was wanted.
std::optional<response> refuse_arguments(const endpoint& of, const url& where) {
  for (const auto& [name, value] : where.query) {
    const bool known = std::any_of(of.arguments.begin(), of.arguments.end(),
                                   [&, &name = name](const auto& one) { return one.name == name; });
    if (!known) {
      return problem({errc::invalid, fmt::format("{} has no argument {}", of.path, name)});
    }
    const auto count =
        std::count_if(where.query.begin(), where.query.end(),
                      [&, &name = name](const field& one) { return one.first == name; });
    if (count > 1) return problem({errc::invalid, "the argument " + name + " is there twice"});
  }
  return std::nullopt;
}

}  // namespace

std::variant<route, response> find_route(const std::vector<endpoint>& among, const request& asked) {
  route made;
  auto where = parse_url(asked.target);
  if (!where) return problem(where.error());
  made.where = std::move(*where);
  const std::string_view method = asked.method == "HEAD" ? "GET" : std::string_view{asked.method};
  std::string allowed;
  for (const auto& one : among) {
    if (!fits(one.path, made.where.path, made.variables)) continue;
    if (method == one.method) {
      if (auto refused = refuse_arguments(one, made.where)) return std::move(*refused);
      made.to = &one;
      return made;
    }
    if (!allowed.empty()) allowed += ", ";
    allowed += one.method == std::string_view{"GET"} ? "GET, HEAD" : one.method;
  }
  if (allowed.empty()) return problem({errc::not_found, "there is nothing at this address"});
  return problem(405, {errc::invalid, "the address allows " + allowed}).with("allow", allowed);
}

std::optional<response> refuse_body(const endpoint& of, const request& head) {
  if (of.accepted.empty()) return std::nullopt;
  const auto given = media_type_of(head);
  const bool taken = std::any_of(of.accepted.begin(), of.accepted.end(),
                                 [&](const char* one) { return given == one; });
  if (taken) return std::nullopt;
  return problem(415, {errc::invalid,
                       fmt::format("the content type is one of {}", fmt::join(of.accepted, ", "))});
}

std::string media_type_of(const request& of) {
  auto type = of.header_of("content-type").value_or("");
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  std::string made{type};
  for (char& c : made) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return made;
}

std::vector<endpoint> all_endpoints() {
  std::vector<endpoint> all;
  for (auto* group :
       {append_endpoints, command_endpoints, event_endpoints, series_endpoints, query_endpoints,
        flow_endpoints, repair_endpoints, lease_endpoints, exchange_endpoints, job_endpoints,
        run_endpoints, process_endpoints, socket_endpoints}) {
    auto some = group();
    std::move(some.begin(), some.end(), std::back_inserter(all));
  }
  return all;
}

}  // namespace millrace::service
