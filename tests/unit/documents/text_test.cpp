#include <catch2/catch.hpp>

#include "documents/text.hpp"

using namespace millrace::documents;

TEST_CASE("what a terminal would obey is written out") {
  CHECK(inert("plain, größer, 日本") == "plain, größer, 日本");
  CHECK(inert("a\x1b[31mb\n\t") == "a\\x1b[31mb\\n\\t");
  CHECK(inert("\x7f\xc2\x9b") == "\\x7f\\u009b");
  CHECK(inert("x\xe2\x80\xae") == "x\\u202e");
}

TEST_CASE("bytes that are not UTF-8 are written out one by one") {
  CHECK(inert("\xff\xc3(\xed\xa0\x80") == "\\xff\\xc3(\\xed\\xa0\\x80");
  CHECK(inert("\xe2\x82") == "\\xe2\\x82");
}

TEST_CASE("a line of JSON becomes inert without changing its value") {
  CHECK(inert_json("{\"a\":\n1}") == "{\"a\": 1}");
  CHECK(inert_json("\"\xc2\x9b\x7f\"") == "\"\\u009b\\u007f\"");
}

TEST_CASE("text is cut at columns, not at bytes") {
  CHECK(shorten("größer", 6) == "größer");
  CHECK(shorten("größeres", 5) == "größ…");
  CHECK(shorten("anything", 0) == "anything");
  CHECK(shown_width("e\xcc\x81") == 1);
}

TEST_CASE("a word is quoted for a shell when it needs to be") {
  CHECK(shell_quoted("Type") == "Type");
  CHECK(shell_quoted("") == "''");
  CHECK(shell_quoted("A|b c") == "'A|b c'");
  CHECK(shell_quoted("it's") == "'it'\\''s'");
}

TEST_CASE("numbers are digits and nothing else") {
  CHECK(parse_number("18446744073709551615") == UINT64_MAX);
  for (const auto* wrong : {"", "-1", "+1", "0x10", "010", "1e3", " 1", "18446744073709551616"}) {
    CHECK_FALSE(parse_number(wrong));
  }
  CHECK(grouped(1234567) == "1,234,567");
  CHECK(grouped(999) == "999");
}

TEST_CASE("names nearby are offered, the nearest first") {
  const std::vector<std::string> names{"OrderPaid", "OrderPlaced", "Shipped"};
  CHECK(near_names("OrderPlacd", names).front() == "OrderPlaced");
  CHECK(near_names("orderpaid", names).front() == "OrderPaid");
  CHECK(near_names("Nothing", names).empty());
}
