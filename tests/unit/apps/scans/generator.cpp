#include "scans/generator.hpp"

#include <catch2/catch.hpp>
#include <set>

#include "scans/generate_command.hpp"
#include "scans/smart_scanner.hpp"

using namespace scans;

namespace {

std::string text_of(const shop_input& input) {
  return std::visit([](const auto& one) { return one.DebugString(); }, input);
}

std::int64_t time_of(const shop_input& input) {
  if (const auto* image = std::get_if<ImageWritten>(&input)) return image->written_at().seconds();
  return std::get<UpdateScanRegistry>(input).requested_at().seconds();
}

}  // namespace

TEST_CASE("a seed makes the same inputs each time, another seed others") {
  generator one{7}, same{7}, other{8};
  bool differs = false;
  for (int i = 0; i < 2000; ++i) {
    const auto text = text_of(one.next());
    CHECK(text == text_of(same.next()));
    differs = differs || text != text_of(other.next());
  }
  CHECK(differs);
}

TEST_CASE("inputs come in order of the shop's time") {
  generator shop{1};
  std::int64_t before = 0;
  for (int i = 0; i < 20'000; ++i) {
    const auto at = time_of(shop.next());
    REQUIRE(at >= before);
    before = at;
  }
}

TEST_CASE("registries hold valid and invalid entries, and an id is never given twice") {
  generator shop{1};
  std::set<std::string> ids;
  std::size_t valid = 0, invalid = 0;
  for (int i = 0; i < 20'000; ++i) {
    const auto input = shop.next();
    const auto* registry = std::get_if<UpdateScanRegistry>(&input);
    if (registry == nullptr) continue;
    for (const auto& entry : registry->scans()) {
      ++(is_valid(entry) ? valid : invalid);
      if (!entry.scan_id().empty()) CHECK(ids.insert(entry.scan_id()).second);
    }
  }
  CHECK(valid > 100);
  CHECK(invalid > 10);
}

TEST_CASE("the words of generate are checked") {
  const auto request = parse_generate({"--events", "5", "--seed", "9"});
  REQUIRE(request);
  CHECK(request->events == 5);
  CHECK(request->seed == 9);
  CHECK(!parse_generate({"--events"}));
  CHECK(!parse_generate({"--events", "5x"}));
  CHECK(!parse_generate({"--evnets", "5"}));
}
