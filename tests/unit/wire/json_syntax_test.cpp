#include "wire/json_syntax.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <random>

using namespace millrace;
using namespace std::string_literals;
using namespace std::string_view_literals;

TEST_CASE("values of every kind are plain JSON, with space around them") {
  for (const auto text :
       {"{}"sv, "[]"sv, "null"sv, "true"sv, "false"sv, "0"sv, "-0.5e-10"sv, "1E+5"sv, "\"\""sv,
        " [ 1 , 2 ] "sv, "{\"a\":{\"b\":[{},[],{\"c\":null}]},\"d\":1}"sv,
        "\t\r\n{ \"a\" : 1 }\n"sv, R"("\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00\u0000")"sv,
        "\"plain text é 漢字 😀 and more\""sv}) {
    CAPTURE(text);
    CHECK(is_plain_json(text));
    CHECK(nlohmann::json::accept(text));
  }
}

TEST_CASE("what breaks the grammar is no JSON") {
  for (const auto text : {""sv,
                          " "sv,
                          "{"sv,
                          "}"sv,
                          "[1,]"sv,
                          "[,1]"sv,
                          "{\"a\"}"sv,
                          "{\"a\":}"sv,
                          "{\"a\":1,}"sv,
                          "{a:1}"sv,
                          "[1 2]"sv,
                          "[1}"sv,
                          "{\"a\":1]"sv,
                          "01"sv,
                          "1."sv,
                          ".5"sv,
                          "-"sv,
                          "+1"sv,
                          "1e"sv,
                          "nul"sv,
                          "nulll"sv,
                          "True"sv,
                          "'a'"sv,
                          "\""sv,
                          "\"\\x\""sv,
                          "\"\\u12\""sv,
                          "\"\\uD83D\""sv,
                          "\"\\uDE00\""sv,
                          "\"\\uD83Dx\""sv,
                          "\"\n\""sv,
                          "\"\x01 and more\""sv,
                          "\"\xC0\x80\""sv,
                          "\"abcdefgh\xFFijk\""sv,
                          "{} {}"sv,
                          "//\n1"sv,
                          "{}\0"sv,
                          "\"a\0b\""sv,
                          "\0"sv}) {
    CAPTURE(text);
    CHECK_FALSE(is_plain_json(text));
  }
}

TEST_CASE("what only a thorough reader can judge is left to it") {
  const auto deep = [](std::size_t levels) {
    return std::string(levels, '[') + std::string(levels, ']');
  };
  CHECK(is_plain_json(deep(65)));  // the innermost is empty, and needs no level
  CHECK_FALSE(is_plain_json(deep(66)));
  CHECK_FALSE(is_plain_json("1e100"));  // the largest number is about 1e308
  CHECK(is_plain_json(std::string(100, '9')));
  CHECK_FALSE(is_plain_json(std::string(101, '9')));
  CHECK_FALSE(is_plain_json("\xEF\xBB\xBF{}"));
}

TEST_CASE("whatever is plain JSON is JSON to the thorough reader, and both agree on small texts") {
  const auto seed = Catch::rngSeed();
  INFO("seed " << seed);
  std::mt19937_64 random{seed};
  const std::vector<std::string> pieces{
      "{",    "}",  "[",        "]", ",",   ":",  "\"",   "\\",      "u00e",
      "a",    "1",  "-",        ".", "2",   " ",  "null", "false",   "é",
      "\xC3", "\n", "\"key\":", "0", "[1]", "{}", "\"",   "\\ud83d", "\\ude00"};
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (auto count = random() % 12; count > 0; --count) text += pieces[random() % pieces.size()];
    CAPTURE(text);
    REQUIRE(is_plain_json(text) == nlohmann::json::accept(text));
  }
}

TEST_CASE("JSON that is broken in one byte is judged as the thorough reader does") {
  const auto seed = Catch::rngSeed();
  INFO("seed " << seed);
  std::mt19937_64 random{seed};
  const auto whole = R"({"name":"Zoë \u00e9 \"x\"","list":[1,-2.5,3e4,true,null],)"
                     R"("inner":{"k":{}},"t":"long text"})"s;
  for (int round = 0; round < 20'000; ++round) {
    auto text = whole;
    text[random() % text.size()] = static_cast<char>(1 + random() % 255);
    CAPTURE(text);
    REQUIRE(is_plain_json(text) == nlohmann::json::accept(text));
  }
}
