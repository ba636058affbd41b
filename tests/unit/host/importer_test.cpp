#include "host/importer.hpp"

#include <catch2/catch.hpp>

#include <fstream>

#include "exchange/part.hpp"
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

TEST_CASE("an imported end is remembered for looks into the past") {
  auto part = std::make_unique<exchange::part>();
  exchange::imported_checkpoint ended{
      .flow = flow_key{"Ended", "x"}, .checkpoint = {}, .state = {}};
  ended.checkpoint.set_position(7);
  ended.checkpoint.set_done(true);
  part->checkpoints.push_back(ended);
  const auto request = request_of(std::move(part));
  REQUIRE(request.checkpoints.size() == 1);
  const auto& checkpoint = request.checkpoints.front().checkpoint;
  REQUIRE(checkpoint.ended_size() == 1);
  CHECK(checkpoint.ended(0) == 7);
}

TEST_CASE("a file that is followed may grow, but neither shrink nor become another") {
  const temporary_directory place;
  const auto file = place.path() / "events";
  std::ofstream{file} << "a line\n";
  auto source = import_source::open(file.string());
  REQUIRE(source);
  const auto go_on = [] { return false; };
  char buffer[100];
  REQUIRE(source->read(buffer, go_on)->size == 7);
  CHECK(source->is_still_there());
  SECTION("grown") {
    std::ofstream{file, std::ios::app} << "another\n";
    CHECK(source->is_still_there());
  }
  SECTION("cut") {
    std::filesystem::resize_file(file, 3);
    const auto there = source->is_still_there();
    REQUIRE_FALSE(there);
    CHECK(there.error().code == errc::conflict);
    CHECK_THAT(there.error().message, Catch::Contains("was cut to 3 bytes, and 7 of it were read"));
  }
  SECTION("replaced") {
    std::ofstream{place.path() / "other"} << "a line\nand more\n";
    std::filesystem::rename(place.path() / "other", file);
    const auto there = source->is_still_there();
    REQUIRE_FALSE(there);
    CHECK_THAT(there.error().message, Catch::Contains("another file took the place of"));
  }
}
