#include <catch2/catch.hpp>

#include "base/limits.hpp"
#include "store/checkpoint_record.hpp"
#include "store/effect_block.hpp"
#include "store/posting_block.hpp"
#include "store/varint.hpp"

namespace millrace {

TEST_CASE("a varint of any size is read back, and nothing shorter is") {
  for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{127}, std::uint64_t{128},
                                    std::uint64_t{1} << 53, UINT64_MAX}) {
    std::string bytes;
    append_varint(bytes, value);
    CHECK(bytes.size() <= varint_size_max);
    std::string_view in{bytes};
    std::uint64_t taken = 1;
    REQUIRE(take_varint(in, taken));
    CHECK(taken == value);
    CHECK(in.empty());
    std::string_view cut{bytes.data(), bytes.size() - 1};
    CHECK_FALSE(take_varint(cut, taken));
  }
}

TEST_CASE("a varint over 64 bits is none") {
  const std::string bytes(9, '\xff');
  std::uint64_t taken = 0;
  std::string over = bytes + '\x02';
  std::string_view in{over};
  CHECK_FALSE(take_varint(in, taken));
  over = bytes + "\x81\x00";
  in = over;
  CHECK_FALSE(take_varint(in, taken));
}

TEST_CASE("zigzag keeps numbers of either sign") {
  for (const std::int64_t value : {std::int64_t{0}, std::int64_t{-1}, INT64_MAX, INT64_MIN}) {
    CHECK(unzigzag(zigzag(value)) == value);
  }
  CHECK(zigzag(-1) == 1);
  CHECK(zigzag(1) == 2);
}

TEST_CASE("the block of docs/formats/postings.md") {
  std::string block;
  append_posting(block, {0}, {{17}, true});
  append_posting(block, {17}, {{18}, false});
  append_posting(block, {18}, {{300}, false});
  CHECK(block == std::string{"\x23\x02\xb4\x04", 4});
  posting_block_reader reader{block};
  posting one;
  REQUIRE(reader.next(one));
  CHECK((one == posting{{17}, true}));
  REQUIRE(reader.next(one));
  CHECK((one == posting{{18}, false}));
  REQUIRE(reader.next(one));
  CHECK((one == posting{{300}, false}));
  CHECK_FALSE(reader.next(one));
  CHECK_FALSE(reader.damaged());
}

TEST_CASE("a posting twice in a block is damage") {
  posting_block_reader reader{std::string_view{"\x02\x00", 2}};
  posting one;
  CHECK(reader.next(one));
  CHECK_FALSE(reader.next(one));
  CHECK(reader.damaged());
}

TEST_CASE("the block of docs/formats/effects.md") {
  std::string block;
  append_effect(block, {{4100}, {4101}});
  append_effect(block, {{4100}, {9000}});
  append_effect(block, {{4101}, {4100}});
  CHECK(block == std::string{"\x04\x02\x04\xc8\x4c\x05\x01", 7});
  std::string_view in{block};
  effect one;
  REQUIRE(take_effect(in, 1, one));
  CHECK((one == effect{{4100}, {4101}}));
  REQUIRE(take_effect(in, 1, one));
  CHECK((one == effect{{4100}, {9000}}));
  REQUIRE(take_effect(in, 1, one));
  CHECK((one == effect{{4101}, {4100}}));
  CHECK(in.empty());
  in = std::string_view{"\x80\x20\x00", 3};  // offset 4096
  CHECK_FALSE(take_effect(in, 1, one));
}

TEST_CASE("the row of docs/formats/checkpoint.md") {
  v1::Checkpoint checkpoint;
  checkpoint.set_position(5);
  const std::string record = checkpoint.SerializeAsString();
  std::string row;
  append_logged(row, {flow_number{7}, record, "ab"});
  append_logged(row, {flow_number{200}, record, std::nullopt});
  append_logged(row, {flow_number{3}, "", ""});
  CHECK(row == std::string{"\x07\x02\x08\x05\x03"
                           "ab\xc8\x01\x02\x08\x05\x00\x03\x00\x01",
                           16});
  std::string_view in{row};
  logged_checkpoint logged;
  REQUIRE(take_logged(in, logged));
  CHECK(logged.state == std::string_view{"ab"});
  REQUIRE(take_logged(in, logged));
  CHECK(logged.flow == flow_number{200});
  CHECK_FALSE(logged.state);
  REQUIRE(take_logged(in, logged));
  CHECK(logged.state == std::string_view{});
  CHECK(in.empty());
  for (std::size_t size = 1; size < 7; ++size) {
    in = std::string_view{row}.substr(0, size);
    CHECK_FALSE(take_logged(in, logged));
  }
}

}  // namespace millrace
