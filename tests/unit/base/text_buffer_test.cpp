#include "base/text_buffer.hpp"

#include <catch2/catch.hpp>
#include <ostream>
#include <string>

using namespace millrace;

TEST_CASE("what is written to a stream comes out once, in order, when it is full or flushed") {
  std::string got;
  std::size_t pieces = 0;
  text_buffer to{[&](std::string_view text) {
    got += text;
    ++pieces;
    return true;
  }};
  std::ostream out{&to};
  std::string wanted;
  for (int i = 0; i < 20'000; ++i) {
    out << i << '\n';
    wanted += std::to_string(i) + '\n';
  }
  CHECK(pieces >= wanted.size() / (16u << 10));
  CHECK(got.size() < wanted.size());
  out.flush();
  CHECK(got == wanted);
  const auto before = pieces;
  out.flush();
  CHECK(pieces == before);
}

TEST_CASE("a stream that nobody takes from is bad") {
  text_buffer to{[](std::string_view) { return false; }};
  std::ostream out{&to};
  out << "text";
  CHECK(out.good());
  out.flush();
  CHECK(out.bad());
}
