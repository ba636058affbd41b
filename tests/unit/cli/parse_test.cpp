#include <catch2/catch.hpp>

#include "cli/parse.hpp"
#include "support.hpp"

using namespace millrace;
using namespace millrace::cli;
using namespace millrace::test;
using Catch::Matchers::Contains;

namespace {

std::vector<std::string> handed;

parsed parse_words(std::vector<const char*> words) {
  grammar known{.program = "orders", .description = "Orders.", .version = "orders 1"};
  known.own.push_back({"report", "A report", "[--all]", [](const context&, const auto& arguments) {
                         handed = arguments;
                         return outcome{exit_code::done};
                       }});
  words.insert(words.begin(), "orders");
  return parse(static_cast<int>(words.size()), words.data(), known);
}

}  // namespace

TEST_CASE("every command of the table is there") {
  for (const auto* name : {"timeline", "flows", "resume", "schedule", "verify", "rebuild",
                           "statistics", "import", "export", "run", "serve"}) {
    CHECK(parse_words({name}).command);
  }
  for (const auto* name : {"flow", "inbox", "retry", "skip", "reset", "what-if", "append", "adopt",
                           "switch", "compare"}) {
    CHECK(parse_words({name, "X|1"}).command);
  }
  CHECK(parse_words({"trace", "7"}).command);
  CHECK(parse_words({"explain", "7"}).command);
  CHECK(parse_words({"flow", "X|1", "--at", "7"}).command);
  CHECK(parse_words({"reset", "X|1", "--accept-history"}).command);
  CHECK(parse_words({"compare", "X", "--limit", "3"}).command);
  CHECK(parse_words({"switch", "X", "--dry-run", "--drop-old"}).command);
  CHECK(parse_words({"retry", "--all", "--type", "X", "--error", "text"}).command);
  CHECK(parse_words({"serve", "--listen", "127.0.0.1:0"}).command);
  CHECK(parse_words({"--help"}).code == exit_code::done);
}

TEST_CASE("wrong usage is named and ends with 2") {
  using words = std::vector<const char*>;
  for (const auto& wrong :
       {words{}, words{"append"}, words{"flow"}, words{"trace", "x"},
        words{"timeline", "--from", "-1"}, words{"timeline", "--from", "010"},
        words{"resume", "extra"}, words{"--nope"}, words{"append", "T", "--due", "tomorrow"},
        words{"append", "T", "--header", "x"}, words{"flows", "--nope"},
        words{"append", "T", "{}", "more"}, words{"retry"}, words{"retry", "X", "--all"},
        words{"retry", "X", "--type", "X"}, words{"flow", "X", "--at", "now"}}) {
    const auto made = parse_words(wrong);
    CHECK_FALSE(made.command);
    CHECK(made.code == exit_code::usage);
    CHECK_THAT(made.text, Contains("--help"));
  }
}

TEST_CASE("a command that is not there is answered with those of a like name") {
  CHECK_THAT(parse_words({"tmeline"}).text, Contains("timeline"));
}

TEST_CASE("the store and --json may stand before or behind the command") {
  const auto before = parse_words({"--store", "a", "--json", "flows"});
  CHECK(before.store == "a");
  CHECK(before.json);
  const auto behind = parse_words({"flows", "--json", "--store=b"});
  CHECK(behind.store == "b");
  CHECK(behind.json);
  CHECK_FALSE(parse_words({"flows"}).json);
}

TEST_CASE("names of commands are good as types and keys") {
  CHECK(parse_words({"append", "run", "{}"}).command);
  CHECK(parse_words({"flow", "flows"}).command);
  CHECK(parse_words({"append", "T", "[1,2]"}).command);
  CHECK(parse_words({"append", "T", "-"}).command);
  CHECK(parse_words({"append", "--route", "A", "--route", "B|x", "T", "{}"}).command);
}

TEST_CASE("a command of the program's own gets its arguments as they are") {
  const auto made = parse_words({"report", "x", "--all", "--store", "c", "--json", "-n", "3"});
  REQUIRE(made.command);
  CHECK(made.store == "c");
  const std::vector<std::string> wanted{"x", "--all", "--json", "-n", "3"};
  store_builder empty;
  const test::command_line none{empty.stored, {}};
  REQUIRE(made.command(none.in));
  CHECK(handed == wanted);
  REQUIRE(parse_words({"--json", "report", "x"}).command(none.in));
  CHECK(handed == std::vector<std::string>{"x", "--json"});
  REQUIRE(parse_words({"--json", "report", "x", "--", "--json"}).command(none.in));
  CHECK(handed == std::vector<std::string>{"x", "--json", "--", "--json"});
}

TEST_CASE("help and version are no errors") {
  CHECK(parse_words({"--version"}).text == "orders 1");
  CHECK_THAT(parse_words({"append", "--help"}).text, Contains("--due"));
  CHECK_THAT(parse_words({"run", "--help"}).text, Contains("exit code"));
  CHECK_THAT(parse_words({"report", "--help"}).text,
             Contains("orders [--store PATH] report [--all]"));
  CHECK(parse_words({"report", "--help"}).code == exit_code::done);
}

TEST_CASE("a word that is none of the few is answered with those") {
  const auto made = parse_words({"adopt", "X", "--overdue", "maybe"});
  CHECK(made.code == exit_code::usage);
  CHECK_THAT(made.text, Contains("--overdue: maybe is none of fire, keep, skip"));
  CHECK(parse_words({"adopt", "X", "--overdue", "skip"}).command);
}
