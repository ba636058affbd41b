#include "host/importer.hpp"

#include <catch2/catch.hpp>

#include <fstream>

#include "millrace/host_test.hpp"
#include "support/temporary_directory.hpp"

using namespace millrace;

TEST_CASE("a part that is under way when the engine ends is refused as closed") {
  const temporary_directory place;
  const auto file = place.path() / "events";
  std::ofstream{file} << "a line\n";
  const auto source = import_source::open(file.string());
  REQUIRE(source);
  host_test test;
  importer imports{test.running(), *source, new_import({}, {})};
  auto part = std::make_unique<exchange::part>();
  part->after.offset = 7;
  imports.submit(std::move(part));
  test.crash();
  imports.finish();  // which is not to wait for ever
  REQUIRE(imports.failure());
  CHECK(imports.failure()->code == errc::closed);
}
