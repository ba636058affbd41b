#include "exchange/number_text.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>
#include <string_view>
#include <utility>

using namespace millrace::exchange;

TEST_CASE("a number is spelt with the fewest digits, and an exponent when it is far from one") {
  const std::pair<double, std::string_view> spelt[] = {
      {0.0, "0"},
      {-0.0, "0"},
      {1e3, "1000"},
      {1.50, "1.5"},
      {-1.5, "-1.5"},
      {0.1, "0.1"},
      {1.0 / 3, "0.3333333333333333"},
      {123456.789, "123456.789"},
      {1e-6, "0.000001"},
      {0.00000123, "0.00000123"},
      {1e-7, "1e-7"},
      {-1.25e-7, "-1.25e-7"},
      {1e20, "100000000000000000000"},
      {123456789012345680000.0, "123456789012345680000"},
      {1e21, "1e+21"},
      {1.25e22, "1.25e+22"},
      {1234567890123456800000.0, "1.2345678901234568e+21"},
      {9007199254740993.0, "9007199254740992"},
      {std::numeric_limits<double>::denorm_min(), "5e-324"},
      {std::numeric_limits<double>::max(), "1.7976931348623157e+308"},
  };
  for (const auto& [number, text] : spelt) CHECK(number_text(number) == text);
}

TEST_CASE("what is spelt is the number again") {
  std::mt19937_64 bits{20261127};
  for (int i = 0; i < 20'000; ++i) {
    const auto random = bits();
    double number = 0;
    std::memcpy(&number, &random, sizeof number);
    if (!std::isfinite(number)) continue;
    const auto text = number_text(number);
    INFO(text);
    REQUIRE(std::strtod(text.c_str(), nullptr) == number);
  }
}
