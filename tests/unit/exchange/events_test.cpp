#include <catch2/catch.hpp>

#include "exchange/event_line_writer.hpp"
#include "exchange/json_text.hpp"
#include "reading.hpp"
#include "wire/system_events.hpp"

using namespace millrace;
using namespace millrace::test;

namespace {

std::string written(const event_row& row) {
  exchange::event_line_writer writer;
  std::string text;
  REQUIRE(writer.write(row, text));
  return text;
}

/// Writes, reads and compares; the line.
std::string round_trip(std::string_view type, std::string_view payload, std::string_view envelope,
                       std::int64_t micros = 1'735'689'600'000'000) {
  const event_row row{{7}, type, timestamp{duration{micros}}, payload, envelope};
  const auto text = written(row);
  exchange::reader from{{}, {}};
  const auto room = from.room();
  REQUIRE(room.size() >= text.size());
  std::copy(text.begin(), text.end(), room.begin());
  from.took(text.size());
  from.end();
  const auto part = from.next(exchange::reader::hurry::now);
  REQUIRE(part);
  INFO(text << (part->bad.empty() ? "" : part->bad[0].why));
  REQUIRE(part->events.size() == 1);
  const auto& back = part->events[0];
  CHECK(back.at == row.at);
  CHECK(back.type == row.type);
  CHECK(back.time == row.time);
  CHECK(back.payload == row.payload);
  CHECK(back.envelope == row.envelope);
  return text;
}

std::string json_envelope() {
  v1::Envelope envelope;
  envelope.set_content_type("application/json");
  return envelope.SerializeAsString();
}

}  // namespace

TEST_CASE("a JSON payload stands in the line to the letter") {
  CHECK(round_trip("E", R"({"b" : 1.50, "a": "é\u0000"})", json_envelope()) ==
        R"({"position":7,"type":"E","time":"2025-01-01T00:00:00.000000Z",)"
        R"("content_type":"application/json","data":{"b" : 1.50, "a": "é\u0000"}})"
        "\n");
}

TEST_CASE("a payload that is not JSON on one line is base64") {
  CHECK(round_trip("E", "\x0a\x02o1", "") ==
        R"({"position":7,"type":"E","time":"2025-01-01T00:00:00.000000Z",)"
        R"("encoding":"base64","data":"CgJvMQ=="})"
        "\n");
  for (const std::string payload : {"{\n}", " 1", "1 ", "\t1", "", "no", "{", "1}", "1,\"x\":2"}) {
    CHECK(round_trip("E", payload, json_envelope()).find("base64") != std::string::npos);
  }
  for (const std::string payload : {"1", "null", "\"x\"", "[]", "123456789012345678901234567890"}) {
    CHECK(round_trip("E", payload, json_envelope()).find("base64") == std::string::npos);
  }
}

TEST_CASE("every part of an envelope comes back") {
  v1::Envelope envelope;
  envelope.set_id("id\n\"\\");
  envelope.set_content_type("application/json");
  envelope.set_cause(0);
  envelope.set_correlation_id("c");
  envelope.set_user("ü");
  envelope.set_due(-1);
  envelope.set_from_schedule(true);
  envelope.set_emitter("T|a|b");
  envelope.set_ordinal(4'294'967'295);
  envelope.set_depth(3);
  for (const auto* name : {"a", "a", ""}) {
    envelope.add_headers()->set_name(name);
    envelope.mutable_headers(0)->set_value(std::string{"x\0y", 3});
  }
  envelope.mutable_routes()->add_keys("T|");
  envelope.mutable_routes()->add_keys("S");
  envelope.mutable_timer()->set_flow("");
  envelope.mutable_timer()->set_cause(5);
  const auto text = round_trip("Tÿpe\x7f", "{}", envelope.SerializeAsString());
  CHECK(text.find("\"envelope\"") == std::string::npos);
  v1::Envelope routed;
  routed.mutable_routes();
  CHECK(round_trip("E", "", routed.SerializeAsString()).find("\"routes\":[]") != std::string::npos);
}

TEST_CASE("an envelope that says more than this version knows is kept as it is") {
  const std::string unknown = json_envelope() + "\xf8\x07\x01";
  CHECK(round_trip("E", "{}", unknown).find("\"envelope\":\"") != std::string::npos);
  const std::string twice = json_envelope() + json_envelope();
  CHECK(round_trip("E", "{}", twice).find("\"envelope\":\"") != std::string::npos);
}

TEST_CASE("times beyond what text can say are numbers") {
  CHECK(round_trip("E", "1", json_envelope(), INT64_MIN / 2).find("\"time\":-46") !=
        std::string::npos);
  CHECK(round_trip("E", "1", json_envelope(), 0).find("\"time\":\"1970") != std::string::npos);
}

TEST_CASE("cancelled timers leave the schedule") {
  v1::TimersCancelled body;
  body.add_positions(3);
  body.add_positions(5);
  const auto all = read(written({{7}, timers_cancelled_type, {}, body.SerializeAsString(), ""}));
  REQUIRE(all.why() == "nothing is bad");
  CHECK(all.unscheduled == std::vector<position>{{3}, {5}});
  CHECK(read(written({{7}, timers_cancelled_type, {}, "\xff", ""})).why() ==
        "data is no millrace.TimersCancelled");
  CHECK(read(written({{7}, "millrace.Other", {}, "", ""})).bad.size() == 1);
}

TEST_CASE("a flow's timer names the flow and the event that set it") {
  v1::Envelope envelope;
  envelope.set_due(5'000'000);
  envelope.set_cause(2);
  envelope.set_emitter("T|x");
  const auto all = read(written({{7}, "E", {}, "", envelope.SerializeAsString()}));
  REQUIRE(all.scheduled.size() == 1);
  CHECK(all.scheduled[0] ==
        schedule_entry{{7}, timestamp{duration{5'000'000}}, "E", "T|x", position{2}});
}

TEST_CASE("a line that is no event is bad") {
  const auto why = [](const std::string& more) {
    return read(R"({"position":7,"type":"E","time":0,)" + more + "}").why();
  };
  CHECK(why(R"("data":1)") ==
        R"(data that is not application/json must be in base64 ("encoding":"base64"))");
  CHECK(why(R"("encoding":"base64","data":"x")") == "data is no base64");
  CHECK(why(R"("encoding":"base64","data":"eB==")") == "data is no base64");
  CHECK(why(R"("encoding":"base64","data":"e A=")") == "data is no base64");
  CHECK(why(R"("encoding":"hex","data":"00")") == "the encoding \"hex\" is unknown");
  CHECK(why(R"("id":"x")") == "it has no data");
  CHECK(why(R"("envelope":"","id":"x","data":1)") == "it has both envelope and id");
  CHECK(why(R"("envelope":"/w==","data":1)") == "envelope is no envelope in base64");
  CHECK(why(R"("x":1,"data":1)") == "it has a member \"x\", which this version does not know");
  CHECK(why(R"("cause":7,"encoding":"base64","data":"")") == "its cause, 7, is not before it");
  CHECK(why(R"("routes":["|a"],"data":1)") == R"(the flow key "|a" has no type)");
  CHECK(why(R"("timer":{"flow":"T"},"data":1)") == "it has no the cause of the timer");
  CHECK(why(R"("encoding":"base64","data":"eA==")") == "nothing is bad");
}

TEST_CASE("base64 of any bytes comes back") {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    std::string text;
    exchange::append_base64(text, bytes);
    std::string back(exchange::base64_size_max(text.size()), '\0');
    std::size_t size = 0;
    REQUIRE(exchange::decode_base64(text, back.data(), size));
    REQUIRE(std::string_view{back}.substr(0, size) == bytes);
    bytes.push_back(static_cast<char>(i * 37));
  }
}
