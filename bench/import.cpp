// How fast does a history from elsewhere come in?
//
// Workload: a file of Kurrent lines of about 330 bytes, each with two routes by id and a single
// one; read, parsed, checked and committed as `import` does it. Baseline: prepared INSERTs of the
// rows that the import made, from memory, by one thread, as many a commit as the import put there.
// `closed`: the same until everything is routed as well and the store is closed; no goal.
//
//   bench_import [--full]    300,000 lines; 4,000,000
//   bench_import FILE        any file of lines that `import` reads
#include <fmt/format.h>

#include <fstream>

#include "bare/timeline.hpp"
#include "base/process_memory.hpp"
#include "harness/basics.hpp"
#include "harness/history.hpp"
#include "harness/report.hpp"
#include "host/host_parts.hpp"
#include "host/import_thread.hpp"
#include "host/importer.hpp"
#include "store/sqlite_store.hpp"

namespace {

using namespace millrace;
using namespace millrace::bench;

void write_lines(const std::filesystem::path& file, std::uint64_t count) {
  std::ofstream out{file};
  for (std::uint64_t at = 0; at < count; ++at) {
    const auto body = moved_at(at, 10'000);
    out << fmt::format(
        R"({{"stream":"timeline","position":{},"type":"Moved",)"
        R"("time":"2025-01-01T00:00:{:02}.{:06}Z",)"
        R"("data":{{"item":"{}","place":"{}","text":"{}","quantity":{},"checked":true}},)"
        R"("metadata":{{"routeTypes":["ByItem","ByPlace","Everything"],"routeIds":)"
        R"([{{"type":0,"ids":["{}"]}},{{"type":1,"ids":["{}"]}}]}}}})"
        "\n",
        at, at / 1'000'000 % 60, at % 1'000'000, body.item(), body.place(), body.text(), at % 100,
        body.item(), body.place());
  }
  need(out.good(), "cannot write " + file.string());
}

/// What the import made of the file: the first of its rows, and how it committed them.
struct made_rows {
  std::vector<std::pair<std::string, std::string>> rows;  ///< payload and envelope
  std::uint64_t events = 0;
  std::uint64_t per_commit = 1;
};

constexpr std::size_t rows_in_memory_max = 500'000;

struct import_times {
  double committed = 0;
  double closed = 0;
};

import_times import_file(const std::filesystem::path& file, made_rows& made) {
  const temporary_directory place;
  import_times took;
  took.closed = seconds_of([&] {
    host over{{.store = place.path(), .run_flows = false}};
    got(over.open());
    took.committed = seconds_of([&] {
      auto source = got(import_source::open(file.string()));
      got(source.recognise({}, [] { return false; }));
      const auto record = new_import({}, over.tail());
      importer into{over, source, record};
      import_thread lines{source, {.from = reading_of(record, over.tail()), .rules = {}}};
      while (!into.failure()) {
        if (!into.has_room()) {
          into.wait_for_room(std::chrono::milliseconds{100});
        } else if (auto part = lines.take(std::chrono::milliseconds{50})) {
          need(!part->stops, part->bad.empty() ? "" : part->bad.back().why);
          into.submit(std::move(part));
        } else if (lines.at_end()) {
          break;
        }
      }
      into.finish();
      if (const auto failed = into.failure()) need(false, failed->message);
    });
    const auto counted = over.counters();
    made.events = counted.appended;
    made.per_commit = std::max<std::uint64_t>(1, counted.appended / counted.commits);
    over.stop(std::chrono::minutes{30});
  });
  if (!made.rows.empty()) return took;
  const auto from = got(open_sqlite_store(place.path(), open_mode::read_only));
  got(from->scan({}, position{UINT64_MAX}, [&](const event_row& row) {
    made.rows.emplace_back(row.payload, row.envelope);
    return made.rows.size() < rows_in_memory_max;
  }));
  return took;
}

double insert_by_hand(const made_rows& of) {
  const temporary_directory place;
  bare::timeline into{place.path() / "bare.db"};
  return seconds_of([&] {
    for (std::uint64_t at = 0; at < of.events; ++at) {
      if (at % of.per_commit == 0) into.begin();
      const auto& [payload, envelope] = of.rows[at % of.rows.size()];
      into.insert(at, payload, envelope);
      if ((at + 1) % of.per_commit == 0 || at + 1 == of.events) into.commit();
    }
  });
}

void ask(report& to, const std::filesystem::path& file, const std::string& name) {
  made_rows made;
  row committed{name, "events/s", {}, {}, std::pair{wanted::at_least, 0.7}, {}};
  row closed{name + ", closed", "events/s", {}, {}, {}, "until routed, and the store is closed"};
  for (int round = 0; round < to.asked().rounds_or(3, 5); ++round) {
    settle_disk();
    const auto took = import_file(file, made);
    settle_disk();
    const auto events = static_cast<double>(made.events);
    const double bare = events / insert_by_hand(made);
    committed.ours.push_back(events / took.committed);
    committed.bare.push_back(bare);
    closed.ours.push_back(events / took.closed);
    closed.bare.push_back(bare);
  }
  committed.note = fmt::format("{} events, {} a commit, {} MiB", made.events, made.per_commit,
                               std::filesystem::file_size(file) >> 20);
  to.add(std::move(committed));
  to.add(std::move(closed));
}

}  // namespace

int main(int argc, char** argv) {
  use_one_arena();  // as the command does
  report to{"import", argc, argv};
  for (const auto& file : to.asked().rest) ask(to, file, "import, " + file);
  if (!to.asked().rest.empty()) return 0;
  const temporary_directory place;
  write_lines(place.path() / "lines.jsonl", to.asked().events_or(300'000, 4'000'000));
  ask(to, place.path() / "lines.jsonl", "import");
}
