#include <catch2/catch.hpp>

#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "cli/text.hpp"

using namespace millrace::cli;

namespace {

struct written {
  std::string text;
  output::writer writer() {
    return [this](std::string_view more) {
      text += more;
      return true;
    };
  }
};

}  // namespace

TEST_CASE("what a terminal would obey is written out") {
  CHECK(inert("plain, größer, 日本") == "plain, größer, 日本");
  CHECK(inert("a\x1b[31mb\n\t") == "a\\x1b[31mb\\n\\t");
  CHECK(inert("\x7f\xc2\x9b") == "\\x7f\\u009b");
  CHECK(inert("x\xe2\x80\xae") == "x\\u202e");
}

TEST_CASE("bytes that are not UTF-8 are written out one by one") {
  CHECK(inert("\xff\xc3(\xed\xa0\x80") == "\\xff\\xc3(\\xed\\xa0\\x80");
  CHECK(inert("\xe2\x82") == "\\xe2\\x82");
}

TEST_CASE("a line of JSON becomes inert without changing its value") {
  CHECK(inert_json("{\"a\":\n1}") == "{\"a\": 1}");
  CHECK(inert_json("\"\xc2\x9b\x7f\"") == "\"\\u009b\\u007f\"");
}

TEST_CASE("text is cut at columns, not at bytes") {
  CHECK(shorten("größer", 6) == "größer");
  CHECK(shorten("größeres", 5) == "größ…");
  CHECK(shorten("anything", 0) == "anything");
  CHECK(shown_width("e\xcc\x81") == 1);
}

TEST_CASE("a word is quoted for a shell when it needs to be") {
  CHECK(shell_quoted("Type") == "Type");
  CHECK(shell_quoted("") == "''");
  CHECK(shell_quoted("A|b c") == "'A|b c'");
  CHECK(shell_quoted("it's") == "'it'\\''s'");
}

TEST_CASE("numbers are digits and nothing else") {
  CHECK(parse_number("18446744073709551615") == UINT64_MAX);
  for (const auto* wrong : {"", "-1", "+1", "0x10", "010", "1e3", " 1", "18446744073709551616"}) {
    CHECK_FALSE(parse_number(wrong));
  }
  CHECK(grouped(1234567) == "1,234,567");
  CHECK(grouped(999) == "999");
}

TEST_CASE("names nearby are offered, the nearest first") {
  const std::vector<std::string> names{"OrderPaid", "OrderPlaced", "Shipped"};
  CHECK(near_names("OrderPlacd", names).front() == "OrderPlaced");
  CHECK(near_names("orderpaid", names).front() == "OrderPaid");
  CHECK(near_names("Nothing", names).empty());
}

TEST_CASE("a table aligns its columns and escapes its cells") {
  written to;
  {
    output out{to.writer(), {}};
    table rows{out, {{"NAME"}, {"N", true}, {"NOTE"}}};
    rows.row({"a\x1b", "7", "x"});
    rows.row({"größer", "123", ""});
  }
  CHECK(to.text ==
        "NAME      N  NOTE\n"
        "a\\x1b     7  x\n"
        "größer  123\n");
}

TEST_CASE("a table without rows writes nothing") {
  written to;
  {
    output out{to.writer(), {}};
    table rows{out, {{"NAME"}}};
  }
  CHECK(to.text.empty());
}

TEST_CASE("the last column is cut at the width of the terminal") {
  written to;
  {
    output out{to.writer(), {.width = 20}};
    table rows{out, {{"A"}, {"DATA"}}};
    rows.row({"1", std::string(50, 'x')});
  }
  CHECK(to.text == "A  DATA\n1  " + std::string(16, 'x') + "…\n");
}

TEST_CASE("a table of many rows streams") {
  written to;
  output out{to.writer(), {}};
  table rows{out, {{"A"}}};
  for (int i = 0; i < 1500; ++i) rows.row({std::to_string(i)});
  rows.finish();
  out.flush();
  CHECK(std::count(to.text.begin(), to.text.end(), '\n') == 1501);
}

TEST_CASE("colour is only where it is wanted") {
  written to;
  CHECK(output{to.writer(), {}}.paint(colour::red, "x") == "x");
  CHECK(output{to.writer(), {.colour = true}}.paint(colour::red, "x") == "\x1b[31mx\x1b[0m");
}

TEST_CASE("after a reader has gone, output is dropped and that is no failure") {
  output out{[](std::string_view) {
               errno = EPIPE;
               return false;
             },
             {}};
  out.line("x");
  out.flush();
  CHECK_FALSE(out.is_open());
  CHECK(out.failure() == 0);
}

TEST_CASE("a full disk behind the output is a failure") {
  output out{[](std::string_view) {
               errno = ENOSPC;
               return false;
             },
             {}};
  out.line("x");
  out.flush();
  CHECK(out.failure() == ENOSPC);
}

TEST_CASE("progress shows events, rate and time left") {
  using namespace std::chrono_literals;
  const auto line = progress_line("verifying", {.done = 5000, .total = 20000, .elapsed = 2s}, 0);
  CHECK(line == "verifying  [######..................]  25 %  5,000 events  2,500/s  6 s left");
  CHECK(progress_line("running", {.done = 10, .total = 0, .elapsed = 1s}, 0) ==
        "running  10 events  10/s");
  CHECK(shown_width(progress_line("verifying", {.done = 1, .total = 2, .elapsed = 1s}, 20)) == 20);
}
