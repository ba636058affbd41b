// Events are read in two ways: nearly all of them quickly. A name with an escape in front of a line
// has the thorough reader read it, and says nothing.
#include <catch2/catch.hpp>

#include <array>
#include <random>

#include "reading.hpp"

using namespace millrace;
using namespace millrace::test;

namespace {

constexpr std::string_view first =
    R"({"stream":"timeline","position":0,"type":"A","time":"2025-01-01T00:00:00Z"})"
    "\n";

std::string thoroughly(const std::string& line) {
  const auto inside = line.find_first_not_of(" \t\r", 1);
  const bool has_members = line.starts_with('{') && inside != line.npos && line[inside] != '}';
  return has_members ? R"({"\u0061":0,)" + line.substr(1) : line;
}

template <std::size_t Count>
std::string any_of(std::mt19937& random, const std::array<std::string_view, Count>& all) {
  return std::string{all[random() % Count]};
}

std::string any_data(std::mt19937& random) {
  constexpr std::array<std::string_view, 14> all{
      R"({"item":"item-17","quantity":3,"checked":true})",
      R"([1,-2,0,-0,1.5,2e3,-1.25E-7,123456789012345678])",
      R"("text with \"escapes\" \\ \n")",
      R"("\u00e9 \ud83d\ude00")",
      R"( { "a" : [ [ ] , { } , null , false ] , "é" : "ü" } )",
      "null",
      R"("")",
      "[]",
      "{}",
      "1e400",
      "123456789012345678901234567890",
      R"({"a":1,"a":2,"nested":{"b":[{"c":"d"}]}})",
      "\"lone \\ud800\"",
      "-"};
  return any_of(random, all);
}

std::string any_metadata(std::mt19937& random) {
  constexpr std::array<std::string_view, 16> all{
      R"({"routeTypes":["ByItem","ByPlace","All"],"routeIds":[{"type":0,"ids":["i|1"]},)"
      R"({"type":1,"ids":["p",7]}]})",
      R"({"routeTypes":["B","A"],"routeIds":[{"type":0,"ids":["y","x","y"]}],"cause":0})",
      R"({"routeTypes":["A"],"routeIds":null,"whenOccurs":null,"cause":null,"fromSchedule":false})",
      R"({"routeTypes":["A","A"]})",
      R"({"routeIds":[{"type":0,"ids":[]}],"routeTypes":["A"]})",
      R"({"routeTypes":["A"],"routeIds":[{"ids":["z"],"type":0}]})",
      R"({"routeTypes":["A"],"routeIds":[{"type":0,"ids":[]}]})",
      R"({"routeTypes":["A"],"routeIds":[{"type":1,"ids":["a"]}]})",
      R"({"routeTypes":["A|B",""]})",
      R"({ "routeTypes" : [ "A" , "B" ] , "other" : { "x" : [ 1 ] } , "cause" : 1 })",
      R"({"routeTypes":["A"],"routeIds":[{"type":0,"ids":["a\"b","\u00e9",-3,)"
      R"(18446744073709551615]}]})",
      R"({"whenOccurs":"2025-01-01T00:00:00Z"})",
      R"({"fromSchedule":true,"cause":0})",
      "{}",
      "null",
      "7"};
  return any_of(random, all);
}

std::string any_line(std::mt19937& random, std::uint64_t at) {
  constexpr std::array<std::string_view, 6> streams{"timeline", "timeline",       "timeline",
                                                    "timeline", "A|x-checkpoint", "other"};
  constexpr std::array<std::string_view, 5> times{
      R"("2025-01-01T00:00:00.123456Z")", R"("2025-12-31T23:59:59.5+01:00")", "1700000000000000",
      R"("2025-02-30T00:00:00Z")", R"("2024-02-29 12:00:00Z")"};
  constexpr std::array<std::string_view, 4> types{"Moved", "Ü", "millrace.TimersCancelled",
                                                  "a\\tb"};
  std::array<std::string, 6> members{
      R"("stream":")" + any_of(random, streams) + '"',
      R"("position":)" + std::to_string(at),
      R"("type":")" + (random() % 4 == 0 ? any_of(random, types) : "Moved") + '"',
      R"("time":)" + any_of(random, times),
      R"("data":)" + any_data(random),
      R"("metadata":)" + any_metadata(random)};
  if (random() % 4 == 0) std::shuffle(members.begin(), members.end(), random);
  auto line = "{" + members[0];
  for (std::size_t i = 1; i < members.size() - random() % 8 / 6; ++i) line += "," + members[i];
  if (random() % 8 == 0) line += R"(,"unknown":[)" + any_data(random) + "]";
  return line + "}" + (random() % 8 == 0 ? " \r" : "");
}

void damage(std::mt19937& random, std::string& line) {
  constexpr std::string_view signs = "{}[]:,\"\\ \t\r0123456789-+.eEntfu/|\x01\x7f\xc3\xff";
  for (auto left = 1 + random() % 2; left > 0 && !line.empty(); --left) {
    const auto at = random() % line.size();
    const auto sign = signs[random() % signs.size()];
    switch (random() % 3) {
      case 0: line[at] = sign; break;
      case 1: line.insert(at, 1, sign); break;
      default: line.erase(at, 1 + random() % 4);
    }
  }
}

/// What is said of bad lines names columns, which differ.
void require_same(const all_read& quick, const all_read& thorough) {
  REQUIRE(quick.events.size() == thorough.events.size());
  for (std::size_t i = 0; i < quick.events.size(); ++i) {
    const auto& one = quick.events[i];
    const auto& other = thorough.events[i];
    INFO("position " << one.at);
    REQUIRE(one.at == other.at);
    REQUIRE(one.type == other.type);
    REQUIRE(one.time == other.time);
    REQUIRE(one.payload == other.payload);
    REQUIRE(one.envelope.SerializeAsString() == other.envelope.SerializeAsString());
  }
  REQUIRE(quick.bad.size() == thorough.bad.size());
  for (std::size_t i = 0; i < quick.bad.size(); ++i) {
    REQUIRE(quick.bad[i].number == thorough.bad[i].number);
  }
  REQUIRE(quick.scheduled == thorough.scheduled);
  REQUIRE(quick.unscheduled == thorough.unscheduled);
  REQUIRE(quick.checkpoints.size() == thorough.checkpoints.size());
  REQUIRE(quick.ignored == thorough.ignored);
}

}  // namespace

TEST_CASE("lines are read quickly as they are read thoroughly, also damaged ones") {
  const auto seed = GENERATE(range(1u, 9u));
  const auto damaged_of_32 = GENERATE(0u, 1u, 16u);  // one of them spoils its neighbours' marks
  INFO("seed " << seed << ", " << damaged_of_32 << " of 32 lines damaged");
  std::mt19937 random{seed};
  std::string quick{first};
  std::string thorough{first};
  for (std::uint64_t at = 1; at < 3'000; ++at) {
    auto line = any_line(random, at);
    if (random() % 32 < damaged_of_32) damage(random, line);
    if (line.find("\"position\":" + std::to_string(at)) == line.npos) continue;
    quick += line + '\n';
    thorough += thoroughly(line) + '\n';
  }
  const auto read = read_all(quick);
  require_same(read, read_all(thorough));
  // A position that was damaged may lie behind all others.
  if (damaged_of_32 == 0) CHECK(read.events.size() > 500);
  CHECK(read.bad.size() > 200);
}

TEST_CASE("a line that ends within another one is bad, and the other one is read") {
  const auto all =
      read_all(std::string{first} + R"({"stream":"timeline","position":1,"type":"A","data":[)"
                                    "\n"
                                    R"({"stream":"timeline","position":2,"type":"A","time":1})"
                                    "\n"
                                    R"(]})"
                                    "\n");
  REQUIRE(all.events.size() == 2);
  CHECK(all.events[1].at == 2);
  REQUIRE(all.bad.size() == 2);
  CHECK(all.bad[0].number == 2);
  CHECK(all.bad[1].number == 4);
}

TEST_CASE("a line that is bad from its beginning is no event, whatever the one before lacks") {
  const std::string cut = R"({"stream":"timeline","position":1,"type":"A","time":1,"data":)";
  const std::string event = R"({"stream":"timeline","position":2,"type":"A","time":)"
                            R"("2025-01-01T00:00:00Z"})";
  for (const std::string before : {"1 ", "[] ", "\"x\"", "{\"a\":1}", "1,", "}", ""}) {
    const auto all = read_all(std::string{first} + cut + '\n' + before + event + '\n');
    INFO(before);
    CHECK(all.events.size() == (before.empty() ? 2 : 1));
    REQUIRE(all.bad.size() == (before.empty() ? 1 : 2));
    CHECK(all.bad[0].number == 2);
    CHECK(all.bad.back().number == (before.empty() ? 2 : 3));
  }
}

TEST_CASE("a blank line before an event is passed over") {
  const auto all = read_all(std::string{first} + " \r\n" + R"({"stream":"timeline","position":1,)" +
                            R"("type":"A","time":1})" + "\n\n");
  CHECK(all.why() == "nothing is bad");
  CHECK(all.events.size() == 2);
  CHECK(all.lines == 4);
}

TEST_CASE("a text that is handed over byte by byte is read as in one piece") {
  std::mt19937 random{7};
  std::string text{first};
  for (std::uint64_t at = 1; at < 300; ++at) text += any_line(random, at) + '\n';
  require_same(
      read(text,
           {.rules = {.skip_bad = true}, .at_once = 1, .hurry = exchange::reader::hurry::now}),
      read_all(text));
}
