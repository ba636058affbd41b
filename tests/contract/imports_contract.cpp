// What every store promises about the ledger of imports.
#include <catch2/catch.hpp>

#include "contract/store_subject.hpp"

namespace millrace::contract {

namespace {

v1::Import import_of(std::uint64_t number, std::uint64_t offset) {
  v1::Import made;
  made.set_number(number);
  made.set_offset(offset);
  made.set_beginning(std::string{"\0\xff", 2});
  return made;
}

}  // namespace

TEST_CASE("how far a source is imported is kept by its number, the last word of each") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  CHECK(subject->reading().imports()->empty());
  subject->commit({.events = {event_at(0)}, .imports = {import_of(2, 10)}});
  subject->commit({.imports = {import_of(1, 5), import_of(2, 20)}});
  const auto all = *subject->reading().imports();
  REQUIRE(all.size() == 2);
  CHECK(all[0].number() == 1);
  CHECK(all[0].offset() == 5);
  CHECK(all[1].offset() == 20);
  CHECK(all[1].beginning() == std::string{"\0\xff", 2});
}

}  // namespace millrace::contract
