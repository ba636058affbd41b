#include <catch2/catch.hpp>

#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "documents/text.hpp"

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
