#include "service/url.hpp"

#include <catch2/catch.hpp>

using namespace millrace::service;

TEST_CASE("an address is split before it is decoded") {
  const auto url = *parse_url("/v1/queries/T/a%2Fb%7C%C3%BC?at=3&x=a+b%26c");
  CHECK(url.path == std::vector<std::string>{"v1", "queries", "T", "a/b|ü"});
  CHECK(url.query == std::vector<field>{{"at", "3"}, {"x", "a b&c"}});
}

TEST_CASE("a plus in a path and empty segments are kept") {
  CHECK(parse_url("/a+b/")->path == std::vector<std::string>{"a+b", ""});
  CHECK(parse_url("/")->path == std::vector<std::string>{""});
  CHECK(parse_url("//x/../.")->path == std::vector<std::string>{"", "x", "..", "."});
}

TEST_CASE("what is no address is refused") {
  for (const auto* wrong :
       {"", "*", "a/b", "http://x/", "/%", "/%4", "/%zz", "/%ff", "/%c3%28", "/?a=%ff", "/?%=1"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_url(wrong));
  }
}

TEST_CASE("any name comes back from its escaped form") {
  for (const std::string name : {"", "a/b", "ü|x", "100%", "a b+c", "..", "q?x=1&y#z", "\n\x7f"}) {
    const auto back = parse_url("/" + escaped(name) + "?v=" + escaped(name));
    REQUIRE(back);
    CHECK(back->path.front() == name);
    CHECK(back->query.front().second == name);
  }
}
