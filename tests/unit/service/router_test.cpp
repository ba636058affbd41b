#include "service/router.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "service/endpoints.hpp"
#include "service/openapi.hpp"
#include "service/problem.hpp"

using namespace millrace;
using namespace millrace::service;

namespace {

request asked(std::string method, std::string target) {
  request made;
  made.method = std::move(method);
  made.target = std::move(target);
  return made;
}

std::string path_of(const std::string& method, const std::string& target) {
  static const auto all = all_endpoints();
  const auto found = find_route(all, asked(method, target));
  const auto* to = std::get_if<service::route>(&found);
  return to == nullptr ? std::to_string(std::get<response>(found).status) : to->to->path;
}

}  // namespace

TEST_CASE("a request finds its endpoint by method and path") {
  CHECK(path_of("GET", "/v1/events") == "/v1/events");
  CHECK(path_of("HEAD", "/v1/events/7") == "/v1/events/{position}");
  CHECK(path_of("GET", "/v1/events/7/trace?depth=1") == "/v1/events/{position}/trace");
  CHECK(path_of("GET", "/v1/queries/T/") == "/v1/queries/{type}/{id}");
  CHECK(path_of("POST", "/v1/flows/a%2Fretry/skip") == "/v1/flows/{key}/skip");
}

TEST_CASE("other addresses, methods and arguments are refused, each in its way") {
  CHECK(path_of("GET", "/v1") == "404");
  CHECK(path_of("GET", "/v1/events/") == "/v1/events/{position}");
  CHECK(path_of("GET", "/v1/events/7/other") == "404");
  CHECK(path_of("PUT", "/v1/events") == "405");
  CHECK(path_of("HEAD", "/v1/retry") == "405");
  CHECK(path_of("GET", "/v1/events?form=1") == "400");
  CHECK(path_of("GET", "/v1/events?from=1&from=2") == "400");
  CHECK(path_of("GET", "/v1/%ff") == "400");
}

TEST_CASE("a refused method says which ones there are") {
  const auto all = all_endpoints();
  const auto found = find_route(all, asked("PATCH", "/v1/events"));
  CHECK(find(std::get<response>(found).header, "allow") == "POST, GET, HEAD");
}

TEST_CASE("a body must be of a type that the endpoint takes") {
  endpoint of;
  of.accepted = {"application/json"};
  auto head = asked("POST", "/");
  CHECK(refuse_body(of, head)->status == 415);
  head.header = {{"content-type", "Application/JSON ; charset=utf-8"}};
  CHECK_FALSE(refuse_body(of, head));
  head.header = {{"content-type", "application/jsonx"}};
  CHECK(refuse_body(of, head));
}

TEST_CASE("the description names every endpoint with its arguments") {
  const auto all = all_endpoints();
  const auto made = nlohmann::json::parse(openapi_of(all, "1"));
  for (const auto& one : all) {
    std::string method = one.method;
    for (char& c : method) c = static_cast<char>(c - 'A' + 'a');
    const auto& operation = made["paths"][one.path][method];
    CHECK(operation["summary"] == one.summary);
    std::size_t in_query = 0;
    for (const auto& parameter : operation["parameters"]) in_query += parameter["in"] == "query";
    CHECK(in_query == one.arguments.size());
  }
  CHECK(made["paths"]["/v1/events/{position}"]["get"]["parameters"][0]["in"] == "path");
}

TEST_CASE("a problem says what a program and a person need") {
  const auto made = problem({errc::storage_full, "no room"});
  CHECK(made.status == 507);
  CHECK(made.content_type == "application/problem+json");
  CHECK(find(made.header, "retry-after") == "1");
  const auto body = nlohmann::json::parse(made.body);
  CHECK(body["title"] == "Insufficient Storage");
  CHECK(body["detail"] == "no room");
  CHECK(body["error"] == "storage_full");
  CHECK(body["retryable"] == true);
  CHECK_FALSE(find(problem({errc::not_found, ""}).header, "retry-after"));
}
