#include "service/security.hpp"

#include <catch2/catch.hpp>

#include "service/problem.hpp"

using namespace millrace;
using namespace millrace::service;

namespace {

const std::string reading(20, 'r');
const std::string writing(20, 'w');

request asked(std::vector<field> header) {
  request made;
  made.method = "GET";
  made.header = std::move(header);
  return made;
}

unsigned status_of(const guard& watch, std::vector<field> header,
                   service::access needs = service::access::reading) {
  const auto refused = watch.refuse(asked(std::move(header)), needs);
  return refused ? refused->status : 200;
}

}  // namespace

TEST_CASE("only loopback addresses are loopback addresses") {
  for (const auto* own : {"127.0.0.1", "127.1.2.3", "::1"}) CHECK(is_loopback(own));
  for (const auto* other : {"", "0.0.0.0", "::", "127.0.0.1.x", "127.1", "127.0.0.1.", "1270.0.0.1",
                            "10.0.0.1", "127.a.0.1"}) {
    CAPTURE(other);
    CHECK_FALSE(is_loopback(other));
  }
}

TEST_CASE("a name that is not ours is misdirected") {
  const guard watch;
  for (const auto* own : {"localhost", "LocalHost:7480", "127.0.0.1:1", "[::1]", "[::1]:80"}) {
    CHECK(status_of(watch, {{"host", own}}) == 200);
  }
  for (const auto* other : {"evil", "localhost.evil", "127.0.0.1.evil", "127.evil", "[::2]"}) {
    CAPTURE(other);
    CHECK(status_of(watch, {{"host", other}}) == 421);
  }
  CHECK(status_of(watch, {}) == 400);
  CHECK(status_of(watch, {{"host", "localhost"}, {"host", "localhost"}}) == 400);
}

TEST_CASE("a page may ask only where it came from") {
  const guard watch;
  CHECK(status_of(watch, {{"host", "localhost:1"}, {"origin", "http://localhost:1"}}) == 200);
  for (const auto* other : {"null", "", "http://localhost", "https://localhost:1", "http://evil"}) {
    CHECK(status_of(watch, {{"host", "localhost:1"}, {"origin", other}}) == 403);
  }
}

TEST_CASE("a token opens what it is for") {
  const guard watch{*token_list::parse("read " + reading + "\n# x\n\nall " + writing), false};
  const auto with = [&](const std::string& token, service::access needs) {
    return status_of(watch, {{"host", "any"}, {"authorization", "Bearer " + token}}, needs);
  };
  CHECK(with(reading, service::access::reading) == 200);
  CHECK(with(reading, service::access::everything) == 403);
  CHECK(with(writing, service::access::everything) == 200);
  CHECK(with(writing + "x", service::access::reading) == 401);
  CHECK(with(writing.substr(1), service::access::reading) == 401);
  CHECK(with("", service::access::reading) == 401);
  CHECK(status_of(watch, {{"host", "any"}}) == 401);
  CHECK(status_of(watch, {{"host", "any"}}, service::access::nothing) == 200);
}

TEST_CASE("a token may come as a protocol, but with a WebSocket only") {
  const std::string token = "?>~" + reading;  // base64url has other letters for it
  const guard watch{*token_list::parse("read " + token), false};
  const auto with = [&](const std::string& protocols, const std::string& upgrades) {
    return status_of(
        watch, {{"host", "any"}, {"upgrade", upgrades}, {"sec-websocket-protocol", protocols}});
  };
  const std::string encoded = "millrace.bearer.Pz5-cnJycnJycnJycnJycnJycnJycnI";
  CHECK(with("millrace.v1, " + encoded, "websocket") == 200);
  CHECK(with(encoded + ",millrace.v1", "WebSocket") == 200);
  CHECK(with("millrace.v1, " + encoded, "h2c") == 401);
  CHECK(with("millrace.v1", "websocket") == 401);
  CHECK(with("millrace.bearer." + token, "websocket") == 401);
  CHECK(with("millrace.bearer.", "websocket") == 401);
}

TEST_CASE(
    "what comes through the store's socket needs no token, but pages have no business there") {
  const guard watch{*token_list::parse("read " + reading), true};
  auto own = asked({});
  own.through_socket = true;
  CHECK_FALSE(watch.refuse(own, service::access::everything));
  own.header = {{"origin", "http://evil"}};
  CHECK(watch.refuse(own, service::access::reading));
}

TEST_CASE("a token file is read line by line, and no secret is told") {
  for (const std::string wrong : {"", "\n#\n", "all short", "most xxxxxxxxxxxxxxxxxxxxx",
                                  "all xxxxxxxxxx xxxxxxxxxxxx", "xxxxxxxxxxxxxxxxxxxxx"}) {
    CAPTURE(wrong);
    const auto made = token_list::parse(wrong);
    REQUIRE_FALSE(made);
    CHECK(made.error().message.find("xxxxx") == std::string::npos);
  }
  CHECK(token_list::parse("all " + std::string(257, 'x')).error().code == errc::invalid);
}
