#include "wire/broken_text.hpp"

#include <catch2/catch.hpp>

#include "support/flows.pb.h"

using namespace millrace;
using namespace millrace::test;

namespace {
std::string find(const Diary& body) {
  return find_broken_text(body, body.SerializePartialAsString());
}
}  // namespace

TEST_CASE("text that is UTF-8 and bytes of any kind are whole") {
  Diary body;
  CHECK(find(body).empty());
  body.set_text("caf\u00e9");
  body.set_filler("\xFF\xFE");
  body.add_lines("\U0001F600");
  CHECK(find(body).empty());
}

TEST_CASE("broken text is found in a field, in a list, in a map's key and in a message") {
  Diary body;
  body.set_text("\xC3");
  CHECK(find(body) == "millrace.test.Diary.text");
  body.Clear();
  body.add_lines("whole");
  body.add_lines("\xED\xA0\x80");
  CHECK(find(body) == "millrace.test.Diary.lines");
  body.Clear();
  (*body.mutable_counts())["\xF5"] = 1;
  CHECK(find(body) == "millrace.test.Diary.CountsEntry.key");
  Act nested;
  nested.add_does()->set_tag("\x80");
  CHECK(find_broken_text(nested, nested.SerializePartialAsString()) == "millrace.test.Do.tag");
}
