#include "dpkg-flows/log_reader.hpp"

#include <catch2/catch.hpp>

#include "dpkg-flows/log_line.hpp"
#include "support.hpp"

using namespace dpkg_flows;

namespace {

log_reader open_file(const std::filesystem::path& path) {
  auto reader = log_reader::open(log_file{.path = path});
  REQUIRE(reader);
  return std::move(*reader);
}

struct seen_lines {
  std::vector<std::string> lines;
  log_reader::span span;
};

seen_lines read_all(log_reader& reader, std::uint64_t lines_max = UINT64_MAX) {
  seen_lines seen;
  const auto span = reader.each_line(
      [&](std::string_view line, std::uint64_t number) -> millrace::result<void> {
        seen.lines.emplace_back(line);
        CHECK(number == seen.lines.size());
        return {};
      },
      lines_max);
  REQUIRE(span);
  seen.span = *span;
  return seen;
}

using list = std::vector<std::string>;

}  // namespace

TEST_CASE("plain and gzipped files have the same lines") {
  const temporary_directory dir;
  auto plain = open_file(dir.write("a", "one\ntwo\n\nfour\n"));
  auto packed = open_file(dir.write_packed("b.gz", "one\ntwo\n\nfour\n"));
  CHECK(read_all(plain).lines == list{"one", "two", "", "four"});
  CHECK(read_all(packed).lines == list{"one", "two", "", "four"});
}

TEST_CASE("a line without its end is left for later") {
  const temporary_directory dir;
  auto file = open_file(dir.write("a", "one\ntw"));
  const auto seen = read_all(file);
  CHECK(seen.lines == list{"one"});
  CHECK(seen.span.cut);
}

TEST_CASE("a file can be read again, up to a line, even when it has grown or is gone") {
  const temporary_directory dir;
  const auto path = dir.write("a", "one\n");
  auto file = open_file(path);
  CHECK(read_all(file).lines.size() == 1);
  std::ofstream{path, std::ios::app} << "two\nthree\n";
  std::filesystem::remove(path);
  CHECK(read_all(file, 1).lines == list{"one"});
  CHECK(read_all(file).lines == list{"one", "two", "three"});
}

TEST_CASE("a huge line is cut instead of filling the memory") {
  const temporary_directory dir;
  auto file = open_file(dir.write("a", std::string(1'000'000, 'x') + "\nnext\n"));
  const auto seen = read_all(file);
  REQUIRE(seen.lines.size() == 2);
  CHECK(seen.lines[0].size() == line_size_max + 1);
  CHECK(seen.lines[1] == "next");
}

TEST_CASE("a gzip file that is incomplete or damaged is an error that names it") {
  const temporary_directory dir;
  std::string lines;
  for (int i = 0; i < 5000; ++i) lines += "line number " + std::to_string(i * 7919) + '\n';
  const auto path = dir.write_packed("a.gz", lines);
  std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
  auto file = open_file(path);
  const auto seen = file.each_line([](auto, auto) { return millrace::result<void>{}; });
  REQUIRE(!seen);
  CHECK(seen.error().code == millrace::errc::corrupt);
  CHECK_THAT(seen.error().message, Catch::Contains("a.gz"));
}

TEST_CASE("a file that cannot be opened is not found") {
  CHECK(!log_reader::open(log_file{.path = "/nowhere/dpkg.log"}));
}

TEST_CASE("the visitor's error ends the reading and is handed on") {
  const temporary_directory dir;
  auto file = open_file(dir.write("a", "one\ntwo\nthree\n"));
  int calls = 0;
  const auto seen = file.each_line([&](auto, auto) -> millrace::result<void> {
    if (++calls == 2) return millrace::error{millrace::errc::invalid, "enough"};
    return {};
  });
  REQUIRE(!seen);
  CHECK(seen.error().message == "enough");
  CHECK(calls == 2);
}
