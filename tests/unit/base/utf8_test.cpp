#include "base/utf8.hpp"

#include <catch2/catch.hpp>

#include <vector>

using namespace millrace;
using namespace std::string_view_literals;

TEST_CASE("text of any script is UTF-8, so is none, and so is a zero byte") {
  for (const auto text : {""sv, "plain"sv, "a\0b"sv, "é"sv, "漢字"sv, "😀"sv, "a|é|漢|😀"sv}) {
    CAPTURE(text);
    CHECK(is_utf8(text));
  }
}

TEST_CASE("the first and the last character of each length are UTF-8") {
  for (const auto text :
       {"\x7F"sv, "\xC2\x80"sv, "\xDF\xBF"sv, "\xE0\xA0\x80"sv, "\xED\x9F\xBF"sv, "\xEE\x80\x80"sv,
        "\xEF\xBF\xBF"sv, "\xF0\x90\x80\x80"sv, "\xF4\x8F\xBF\xBF"sv}) {
    CAPTURE(text);
    CHECK(is_utf8(text));
  }
}

TEST_CASE("overlong forms, surrogates and what lies above U+10FFFF are not UTF-8") {
  for (const auto text :
       {"\xC0\x80"sv, "\xC1\xBF"sv, "\xE0\x9F\xBF"sv, "\xF0\x8F\xBF\xBF"sv, "\xED\xA0\x80"sv,
        "\xED\xBF\xBF"sv, "\xF4\x90\x80\x80"sv, "\xF5\x80\x80\x80"sv, "\xFE"sv, "\xFF"sv}) {
    CAPTURE(text);
    CHECK_FALSE(is_utf8(text));
  }
}

TEST_CASE("a character that is cut, or a byte that continues nothing, is not UTF-8") {
  for (const auto text : {"\x80"sv, "\xBF"sv, "a\xC3"sv, "\xE2\x82"sv, "\xE2"sv, "\xF0\x9F\x98"sv,
                          "\xC3z"sv, "\xE2\x82z"sv, "\xF0\x9F\x98z"sv}) {
    CAPTURE(text);
    CHECK_FALSE(is_utf8(text));
  }
}

TEST_CASE("valid text that fits is kept as it is") {
  CHECK(to_utf8("aé漢😀", 100) == "aé漢😀");
  CHECK(to_utf8("aé漢😀", 10) == "aé漢😀");
  CHECK(to_utf8("", 0).empty());
}

TEST_CASE("each broken byte becomes a question mark") {
  CHECK(to_utf8("a\xC3z", 100) == "a?z");
  CHECK(to_utf8("\xE2\x82", 100) == "??");
  CHECK(to_utf8("\xED\xA0\x80", 100) == "???");
}

TEST_CASE("a cut never goes through a character, whatever the size") {
  const auto text = "aé漢😀z"sv;
  const std::vector<std::string> expected{
      "", "a", "a", "aé", "aé", "aé", "aé漢", "aé漢", "aé漢", "aé漢", "aé漢😀", "aé漢😀z", "aé漢😀z"};
  for (std::size_t size = 0; size < expected.size(); ++size) {
    CAPTURE(size);
    CHECK(to_utf8(text, size) == expected[size]);
    CHECK(is_utf8(to_utf8(text, size)));
  }
}
