#include <catch2/catch.hpp>

#include "base/limits.hpp"
#include "base/time_text.hpp"
#include "reading.hpp"

using namespace millrace;
using namespace millrace::test;

namespace {

std::string event(int at, const std::string& more) {
  return R"({"stream":"timeline","position":)" + std::to_string(at) +
         R"(,"type":"E","time":"2025-01-01T00:00:00Z","data":{})" + more + "}\n";
}

std::string with(int at, const std::string& metadata) {
  return event(at, R"(,"metadata":{)" + metadata + "}");
}

std::string checkpoint(const std::string& stream, const std::string& metadata,
                       const std::string& data = "{}") {
  return R"({"stream":")" + stream + R"(-checkpoint","type":"Checkpoint","data":)" + data +
         R"(,"metadata":{)" + metadata + "}}\n";
}

using keys = std::vector<std::string>;

}  // namespace

TEST_CASE("the design's example is read to the letter") {
  const auto all = read(
      R"({"stream":"timeline","position":17,"type":"NewImageDetected",)"
      R"("time":"2025-01-01T00:00:00.000000Z","data":{"a": [1.50, "\u00e9"] , "b":{}},)"
      R"("metadata":{"routeTypes":["ScanActivityQuery","ShiftScheduleTopic"],)"
      R"("routeIds":[{"type":0,"ids":["ajohnston"]}],)"
      R"("whenOccurs":null,"cause":3,"fromSchedule":false}})"
      "\n"
      R"({"stream":"ScanActivityQuery|ajohnston-checkpoint","type":"Checkpoint","data":{ "n":1 },)"
      R"("metadata":{"position":17,"errorPosition":null,"errorMessage":null,"isDone":false}})"
      "\n");
  REQUIRE(all.why() == "nothing is bad");
  REQUIRE(all.events.size() == 1);
  CHECK(all.events[0].at == 17);
  CHECK(all.events[0].type == "NewImageDetected");
  CHECK(to_text(all.events[0].time) == "2025-01-01T00:00:00.000000Z");
  CHECK(all.events[0].payload == R"({"a": [1.50, "\u00e9"] , "b":{}})");
  CHECK(all.events[0].envelope.cause() == 3);
  CHECK(all.events[0].envelope.content_type() == "application/json");
  CHECK(all.routes(0) == keys{"ScanActivityQuery|ajohnston", "ShiftScheduleTopic"});
  CHECK(all.scheduled.empty());
  REQUIRE(all.checkpoints.size() == 1);
  CHECK(all.checkpoints[0].flow.text() == "ScanActivityQuery|ajohnston");
  CHECK(all.checkpoints[0].checkpoint.position() == 17);
  CHECK_FALSE(all.checkpoints[0].checkpoint.has_error_position());
  CHECK(all.states[0] == R"({ "n":1 })");
  CHECK(all.after.shape == format::kurrent);
  CHECK(all.after.next == position{18});
  CHECK(all.after.lines == 2);
}

TEST_CASE("an event without routes reaches nobody, and says so") {
  const auto all = read(event(0, "") + with(1, "") + event(2, R"(,"metadata":null)") +
                        with(3, R"("routeTypes":[],"routeIds":[])"));
  REQUIRE(all.events.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(all.events[i].envelope.has_routes());
    CHECK(all.routes(i).empty());
  }
}

TEST_CASE("an id is routed to once, and ids are any text, or numbers") {
  const auto all = read(
      with(0, R"("routeTypes":["M","S","S"],"routeIds":[{"type":0,"ids":["b","a","b",17,-3,"",)"
              R"("x|y","\u0000","\"",18446744073709551615]},{"type":0,"ids":["a","17"]}])"));
  REQUIRE(all.why() == "nothing is bad");
  const auto nul = std::string{"M|"} + '\0';
  CHECK(all.routes(0) == keys{"M|", nul, "M|\"", "M|-3", "M|17", "M|18446744073709551615", "M|a",
                              "M|b", "M|x|y", "S"});
}

TEST_CASE("an id that is no whole number is spelt as JavaScript spells it") {
  const auto all = read(with(
      0, R"("routeTypes":["M"],"routeIds":[{"type":0,"ids":[1.5,1e3,1000.0,-0,-0.0,1e21,"1.5",)"
         R"(9007199254740993,-2.50e-7]}])"));
  REQUIRE(all.why() == "nothing is bad");
  CHECK(all.routes(0) ==
        keys{"M|-2.5e-7", "M|0", "M|1.5", "M|1000", "M|1e+21", "M|9007199254740993"});
}

TEST_CASE("any name is a name") {
  for (const std::string name :
       {"constructor", "__proto__", "toString", "0", " ", "-checkpoint", "$x", "é", "{}"}) {
    const auto all = read(with(0, R"("routeTypes":[")" + name + R"(","T"],"routeIds":[{"type":1,)" +
                                      R"("ids":[")" + name + R"("]}])"));
    INFO(name);
    REQUIRE(all.events.size() == 1);
    const auto routes = all.routes(0);
    CHECK(std::count(routes.begin(), routes.end(), name) == 1);
    CHECK(std::count(routes.begin(), routes.end(), "T|" + name) == 1);
  }
}

TEST_CASE("a list of ids may be empty: then nobody of that type is reached") {
  const auto all = read(with(0, R"("routeTypes":["M"],"routeIds":[{"type":0,"ids":[]}])"));
  REQUIRE(all.why() == "nothing is bad");
  CHECK(all.routes(0).empty());
}

TEST_CASE("routes that are none make a bad line") {
  const auto why = [](const std::string& metadata) { return read(with(0, metadata)).why(); };
  CHECK(why(R"("routeTypes":["A","A"],"routeIds":[{"type":0,"ids":["x"]}])") ==
        "A is routed to both as a single instance and with ids");
  CHECK(why(R"("routeTypes":["A|b"])") ==
        R"(the flow type "A|b" holds a |, which ends a type's name)");
  CHECK(why(R"("routeTypes":[""])") == "the name of a flow type is empty");
  CHECK(why(R"("routeTypes":["A"],"routeIds":[{"type":1,"ids":["x"]}])") ==
        "the type in routeIds must be a place in routeTypes, counted from 0");
  CHECK(why(R"("routeIds":[{"type":0,"ids":["x"]}])") ==
        "the type in routeIds must be a place in routeTypes, counted from 0");
  CHECK(why(R"("routeTypes":["A"],"routeIds":[{"type":-1}])") ==
        "the type in routeIds must be a place in routeTypes, counted from 0");
  CHECK(why(R"("routeTypes":["A"],"routeIds":[{"type":"A"}])") ==
        "the type in routeIds must be a place in routeTypes, counted from 0");
  CHECK(why(R"("routeTypes":["A"],"routeIds":[{"type":0,"ids":[null]}])") ==
        "an id of A is neither a string nor a number");
  CHECK(why(R"("routeTypes":["A"],"routeIds":[{"type":0,"ids":[true]}])") ==
        "an id of A is neither a string nor a number");
  CHECK(why(R"("routeTypes":["A"],"routeIds":[{"type":0,"ids":"x"}])") ==
        R"(ids must be an array, and is "x")");
  CHECK(why(R"("routeTypes":"A")") == R"(routeTypes must be an array, and is "A")");
  CHECK(why(R"("routeTypes":[7])") == "a name in routeTypes must be a string, and is 7");
  CHECK(why(R"("routeIds":[7])") == "an entry of routeIds must be an object, and is 7");
  CHECK(why(R"("routeTypes":["A"],"routeIds":[{"type":0,"ids":[")" + std::string(1100, 'x') +
            R"("]}])") == "a flow key of 1102 bytes; the limit is 1024");
}

TEST_CASE("whenOccurs puts an event on the schedule, fromSchedule takes its cause off") {
  const auto all =
      read(with(0, R"("whenOccurs":"2030-05-06T07:08:09.5Z","routeTypes":["T"])") +
           with(4, R"("fromSchedule":true,"cause":0)") + with(5, R"("fromSchedule":true)"));
  REQUIRE(all.why() == "nothing is bad");
  REQUIRE(all.scheduled.size() == 1);
  CHECK(all.scheduled[0].at == position{0});
  CHECK(to_text(all.scheduled[0].due) == "2030-05-06T07:08:09.500000Z");
  CHECK(all.scheduled[0].type == "E");
  CHECK(all.scheduled[0].flow.empty());
  CHECK(all.unscheduled == std::vector<position>{{0}});
  CHECK(all.routes(0) == keys{"T"});
}

TEST_CASE("the last checkpoint of a flow counts") {
  const auto all = read(checkpoint("A", R"("position":1,"errorPosition":2,"errorMessage":"no")") +
                        checkpoint("B|x", R"("position":5,"isDone":true)") +
                        checkpoint("A", R"("position":2)", "7"));
  REQUIRE(all.checkpoints.size() == 2);
  CHECK(all.checkpoints[0].flow.text() == "A");
  CHECK(all.checkpoints[0].checkpoint.position() == 2);
  CHECK_FALSE(all.checkpoints[0].checkpoint.has_error_position());
  CHECK(all.states[0] == "7");
  CHECK(all.checkpoints[1].checkpoint.done());
}

TEST_CASE("a flow may have failed on its first event") {
  const auto all = read(checkpoint("A", R"("position":null,"errorPosition":0)") +
                        checkpoint("T|i|j-checkpoint", R"("errorPosition":9,"errorMessage":"é")"));
  REQUIRE(all.checkpoints.size() == 2);
  CHECK_FALSE(all.checkpoints[0].checkpoint.has_position());
  CHECK(all.checkpoints[0].checkpoint.error_position() == 0);
  CHECK(all.checkpoints[1].flow.text() == "T|i|j-checkpoint");
  CHECK(all.checkpoints[1].checkpoint.error_message() == "é");
}

TEST_CASE("a checkpoint that is none is a bad line") {
  CHECK(read(checkpoint("", R"("position":1)")).why() == R"(the flow key "" has no type)");
  CHECK(read(checkpoint("|x", R"("position":1)")).why() == R"(the flow key "|x" has no type)");
  CHECK(read(checkpoint("A", R"("position":-1)")).why() ==
        "position must be a whole number from 0 to 2^53 - 1, and is -1");
  CHECK(read(checkpoint("A", R"("isDone":"yes")")).why() ==
        R"(isDone must be true or false, and is "yes")");
  CHECK(read(R"({"stream":"A-checkpoint","type":"Checkpoint","data":{}})").why() ==
        "a checkpoint without metadata");
}

TEST_CASE("other streams are ignored, whatever they hold") {
  const auto all = read(
      "{\"stream\":\"$stats\",\"position\":\"x\"}\n{\"stream\":\"$ce-timeline\"}\n"
      "{\"stream\":\"timeline2\",\"type\":7}\n{\"stream\":\"\"}\n{\"stream\":\"$A-checkpoint\"}\n"
      "{\"stream\":\"A-checkpoint\",\"type\":\"Other\"}\n");
  CHECK(all.why() == "nothing is bad");
  CHECK(all.ignored == 6);
  CHECK(all.lines == 6);
  CHECK(all.checkpoints.empty());
}

TEST_CASE("a body is kept to the letter, whatever it is and wherever it stands") {
  const auto data =
      GENERATE(as<std::string>{}, "{}", "[]", "7", "-1.50e+3", "true", "null", R"("}],{[\\\"")",
               "123456789012345678901234567890", R"([{"a":[]}, {"b":{ "c" : "x,y" }} ,[1, 2]])",
               R"({"data":{"data":"]"}})");
  const auto before = GENERATE(as<std::string>{}, "", " ", " \t");
  const std::string rest = R"("stream":"timeline","position":0,"type":"E","own":[{"a":{}}],)"
                           R"("time":"2025-01-01T00:00:00Z")";
  const auto member = R"("data":)" + before + data + before;
  CAPTURE(member);
  for (const auto& line : {"{" + rest + "," + member + "}", "{" + member + "," + rest + "}",
                           R"({ "data" :{"not":"this"},)" + rest + "," + member + R"(,"z":0})",
                           R"({"\u0064a\u0074\u0061":)" + before + data + "," + rest + "}",
                           " {" + member + "," + rest + "} "}) {
    const auto all = read(line);
    REQUIRE(all.events.size() == 1);
    CHECK(all.events[0].payload == data);
  }
}

TEST_CASE("missing data is null") {
  const auto all =
      read(R"({"stream":"timeline","position":0,"type":"E","time":"2025-01-01T00:00:00Z"})");
  REQUIRE(all.events.size() == 1);
  CHECK(all.events[0].payload == "null");
}

TEST_CASE("a timeline line that is no event is bad") {
  const auto why = [](const std::string& members) {
    return read(R"({"stream":"timeline",)" + members + "}").why();
  };
  const std::string time = R"("time":"2025-01-01T00:00:00Z")";
  CHECK(why(R"("type":"E",)" + time) == "it has no position");
  CHECK(why(R"("position":0,)" + time) == "it has no type");
  CHECK(why(R"("position":0,"type":"E")") == "it has no time");
  CHECK(why(R"("position":0,"type":"",)" + time) == "its type is empty");
  CHECK(why(R"("position":0,"type":"E","time":"yesterday")") ==
        R"(time must be a time such as 2025-01-31T09:15:00.250000Z, and is "yesterday")");
  CHECK(why(R"("position":0,"type":"millrace.TimersCancelled",)" + time) ==
        "millrace.TimersCancelled: type names that begin with \"millrace.\" are millrace's own");
  CHECK(why(R"("position":0,"type":"E","metadata":[],)" + time) ==
        "metadata must be an object, and is []");
  CHECK(why(R"("position":5,"type":"E","metadata":{"cause":5},)" + time) ==
        "its cause, 5, is not before it");
  for (const std::string at :
       {"9007199254740992", "18446744073709551615", "1.0", "1e3", "-1", "\"1\"", "true", "[]"}) {
    INFO(at);
    CHECK(why("\"position\":" + at + R"(,"type":"E",)" + time)
              .starts_with("position must be a whole number from 0 to 2^53 - 1, and is "));
  }
  CHECK(why(R"("position":123456789012345678901234567890,"type":"E",)" + time) ==
        "a number of more digits than fit 64 bits, outside of the data");
  CHECK(why(R"("position":9007199254740991,"type":"E",)" + time) ==
        "its position, 9007199254740991, leaves no room for what comes after it; the limit is "
        "9007194959773695");
  CHECK(why(R"("position":9007194959773695,"type":"E",)" + time) == "nothing is bad");
}
