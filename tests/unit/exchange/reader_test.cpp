#include "exchange/reader.hpp"

#include <catch2/catch.hpp>

#include "base/limits.hpp"
#include "reading.hpp"

using namespace millrace;
using namespace millrace::test;

namespace {

std::string line(std::uint64_t at, const std::string& data = "{}") {
  return R"({"stream":"timeline","position":)" + std::to_string(at) +
         R"(,"type":"E","time":"2025-01-01T00:00:00Z","data":)" + data + "}\n";
}

std::string why(const std::string& text) { return read(text).why(); }

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + "1" + std::string(depth, ']');
}

}  // namespace

TEST_CASE("blank lines, CRLF and a byte order mark are no matter") {
  const auto all = read("\xEF\xBB\xBF\r\n" + line(0) + "\n  \t\r\n" +
                        line(1).replace(line(1).size() - 1, 1, "\r\n") + "\n\n");
  CHECK(all.why() == "nothing is bad");
  CHECK(all.events.size() == 2);
  CHECK(all.lines == 7);
  const auto marked = read("\xEF\xBB\xBF" + line(0));
  CHECK(marked.events.size() == 1);
  CHECK(read(line(0) + "\xEF\xBB\xBF" + line(1)).bad.size() == 1);
}

TEST_CASE("the last line needs no line break, but all of its text") {
  auto text = line(0) + line(1);
  text.pop_back();
  CHECK(read(text).events.size() == 2);
  text.pop_back();
  const auto all = read(text);
  CHECK(all.events.size() == 1);
  REQUIRE(all.bad.size() == 1);
  CHECK(all.bad[0].number == 2);
  CHECK(all.why().starts_with("not JSON"));
  CHECK(all.after.offset == line(0).size());
}

TEST_CASE("a bad last line without a line break is told, and not passed over") {
  const auto text = line(0) + line(1);
  for (const auto hurry : {exchange::reader::hurry::now, exchange::reader::hurry::full_parts}) {
    const auto begun = read(std::string_view{text}.substr(0, text.size() - 9),
                            {.rules = {.skip_bad = true}, .hurry = hurry});
    CHECK(begun.events.size() == 1);
    REQUIRE(begun.bad.size() == 1);
    CHECK(begun.bad[0].number == 2);
    CHECK(begun.lines == 1);
    CHECK(begun.after.lines == 1);
    REQUIRE(begun.after.offset == line(0).size());
    // The file has grown: it was but the beginning of a line.
    const auto rest = read(std::string_view{text}.substr(begun.after.offset),
                           {.from = begun.after, .rules = {.skip_bad = true}});
    CHECK(rest.events.size() == 1);
    CHECK(rest.bad.empty());
    CHECK(rest.after.lines == 2);
  }
}

TEST_CASE("a bad line ends the reading, and what was before it counts") {
  const auto all = read(line(0) + line(1) + "no\n" + line(2));
  CHECK(all.events.size() == 2);
  CHECK(all.stopped);
  REQUIRE(all.bad.size() == 1);
  CHECK(all.bad[0].number == 3);
  CHECK(all.after.offset == (line(0) + line(1)).size());
  CHECK(all.after.lines == 2);
}

TEST_CASE("bad lines can be passed over, and are told by number") {
  const auto all = read_all("x\n" + line(0) + "\n{}\n" + line(0) + line(1) + "[1]\n");
  CHECK(all.events.size() == 2);
  CHECK_FALSE(all.stopped);
  REQUIRE(all.bad.size() == 4);
  CHECK(all.bad[0].number == 1);
  CHECK(all.bad[1].number == 4);
  CHECK(all.why(1) == "it has no stream");
  CHECK(all.bad[2].number == 5);
  CHECK(all.why(2) == "its position, 0, does not come after 0, the last one");
  CHECK(all.bad[3].number == 7);
  CHECK(all.why(3) == "not a JSON object");
  CHECK(all.lines == 7);
}

TEST_CASE("positions ascend, with holes, from the tail of the store on") {
  read_options above{.from = {.next = {100}}};
  CHECK(read(line(100) + line(200), above).events.size() == 2);
  CHECK(read(line(99), above).why() == "its position, 99, does not come after 99, the last one");
}

TEST_CASE("it does not matter how the bytes arrive") {
  std::string text;
  for (std::uint64_t at = 0; at < 200; ++at)
    text += line(at * 3, "\"" + std::string(at, 'x') + "\"");
  const auto whole = read(text);
  for (const std::size_t at_once : {1, 7, 64, 1000}) {
    for (const auto hurry : {exchange::reader::hurry::now, exchange::reader::hurry::full_parts}) {
      const auto pieces = read(text, {.at_once = at_once, .hurry = hurry});
      REQUIRE(pieces.events.size() == whole.events.size());
      CHECK(pieces.events.back().payload == whole.events.back().payload);
      CHECK(pieces.after.offset == text.size());
      CHECK(pieces.after.lines == 200);
    }
  }
}

TEST_CASE("reading goes on where it ended") {
  const auto text = line(0) + line(1) + line(5);
  const auto begun = read(line(0) + line(1));
  const auto rest = read(std::string_view{text}.substr(begun.after.offset), {.from = begun.after});
  CHECK(rest.events.size() == 1);
  CHECK(rest.after.lines == 3);
  CHECK(rest.after.offset == text.size());
}

TEST_CASE("a long file comes in parts of bounded size") {
  std::string text;
  const std::string data = "\"" + std::string(1000, 'x') + "\"";
  for (std::uint64_t at = 0; text.size() < 5 * limits::part_size; ++at) text += line(at, data);
  const auto all = read(text);
  CHECK(all.why() == "nothing is bad");
  CHECK(all.parts >= 5);
  CHECK(all.after.offset == text.size());
}

TEST_CASE("a payload of the largest size is taken, a larger one is not") {
  const std::string fits = "\"" + std::string(limits::event_size_max - 100, 'x') + "\"";
  const auto all = read_all(line(0) + line(1, fits) + line(2));
  REQUIRE(all.events.size() == 3);
  CHECK(all.events[1].payload == fits);
  const std::string large = "\"" + std::string(limits::event_size_max, 'x') + "\"";
  const auto other = read_all(line(0) + line(1, large) + line(2));
  CHECK(other.events.size() == 2);
  CHECK(other.why().ends_with("the limit is 4194304"));
}

TEST_CASE("a line over the limit is bad, and what comes after it is found") {
  const std::string endless(limits::line_size_max + 5'000'000, '[');
  const auto all = read_all(line(0) + endless + "\n" + line(1));
  CHECK(all.events.size() == 2);
  REQUIRE(all.bad.size() == 1);
  CHECK(all.bad[0].number == 2);
  CHECK(all.why() == "more than 71303168 bytes");
  CHECK(all.lines == 3);
  CHECK(all.after.offset == (line(0) + endless + "\n" + line(1)).size());
  const auto stopped = read(line(0) + endless);
  CHECK(stopped.stopped);
  CHECK(stopped.after.lines == 1);
}

TEST_CASE("hostile text is refused with a reason") {
  for (const std::string bad : {"\"\xff\"",
                                "\"\xed\xa0\x80\"",
                                R"("\ud800")",
                                R"("\udc00\ud800")",
                                "\"\x01\"",
                                "01",
                                "+1",
                                "1.",
                                ".5",
                                "1e",
                                "nul",
                                "NaN",
                                "{\"a\":1,}",
                                "[1,]",
                                "'x'",
                                "{\"a\" 1}",
                                "\"\\x\"",
                                "1e400",
                                "{",
                                "]",
                                "\"",
                                "1 2",
                                ""}) {
    INFO(bad);
    CHECK(why(line(0, bad)).starts_with("not JSON"));
  }
  CHECK(why(line(0, std::string{"\"\0\"", 3})).starts_with("not JSON"));
  CHECK(why("7\n") == "not a JSON object");
  CHECK(why("null\n") == "not a JSON object");
  CHECK(why("{}{}\n").starts_with("not JSON"));
  CHECK(why("{}\n") == "it is neither an event of millrace's own nor a line of a Kurrent export");
}

TEST_CASE("numbers of a payload may be as long as they like") {
  const std::string numbers =
      R"([123456789012345678901234567890, -1e-400, 0.1000000000000000000001])";
  const auto all = read(line(0, numbers));
  REQUIRE(all.events.size() == 1);
  CHECK(all.events[0].payload == numbers);
}

TEST_CASE("brackets within brackets have a limit, however long the line") {
  CHECK(why(line(0, nested(limits::json_depth_max - 1))) == "nothing is bad");
  CHECK(why(line(0, nested(limits::json_depth_max))) ==
        "JSON that is nested more than 1000 levels deep");
  CHECK(why(line(0, nested(100'000))) == "JSON that is nested more than 1000 levels deep");
  const auto space = std::string(limits::quick_line_size, ' ');
  CHECK(why(line(0, "[" + space + nested(limits::json_depth_max - 2) + "]")) == "nothing is bad");
  CHECK(why(line(0, "[" + space + nested(limits::json_depth_max - 1) + "]")) ==
        "JSON that is nested more than 1000 levels deep");
}

TEST_CASE("of names that repeat the last one counts") {
  const auto all = read(
      R"({"stream":"other","data":1,"position":9,"type":"A","d\u0061ta":[2, "}"],)"
      R"("time":0,"type":"B","stream":"timeline","position":4,"data":{"x":1,"x":2}})"
      "\n" +
      std::string{
          R"({"stream":"timeline","position":5,"type":"B","time":0,"data":1,"d\u0061ta":[2]})"});
  REQUIRE(all.events.size() == 2);
  CHECK(all.events[0].at == 4);
  CHECK(all.events[0].type == "B");
  CHECK(all.events[0].payload == R"({"x":1,"x":2})");
  CHECK(all.events[1].payload == "[2]");
}

TEST_CASE("the first line tells the format, unless it is told") {
  const std::string own =
      R"({"position":0,"type":"E","time":0,"content_type":"application/json","data":1})";
  CHECK(read(own).after.shape == format::events);
  CHECK(read(line(0)).after.shape == format::kurrent);
  CHECK(read(own, {.rules = {.wanted = format::kurrent}}).why() == "it has no stream");
  CHECK(read(line(0), {.rules = {.wanted = format::events}}).why() ==
        "it has a member \"stream\", which this version does not know");
}
