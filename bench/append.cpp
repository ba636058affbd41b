// How fast are durable appends, next to what SQLite can do?
//
// Workload: 100,000 events of 200 bytes. millrace: one caller keeps 2,000 in flight, 100 in each
// append. Baseline, in the same run and on the same disk: prepared INSERTs of the same rows, as
// many in a commit as millrace put there on average, synchronous=FULL, WAL, one thread. Five
// rounds, alternating; the median of the ratios and their spread are printed.
#include <fmt/format.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <millrace/host.hpp>

#include <algorithm>
#include <chrono>
#include <deque>
#include <filesystem>
#include <string>
#include <vector>

namespace {

constexpr int events_count = 100'000;
constexpr int per_append = 100;
constexpr std::size_t in_flight = 20;
constexpr int rounds = 5;
const std::string payload = R"({"ballast":")" + std::string(186, 'x') + R"("})";

struct outcome {
  double rate = 0;  // events a second
  double per_commit = 0;
};

double seconds_of(const std::function<void()>& work) {
  const auto begun = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}

void need(bool holds, const char* what) {
  if (holds) return;
  fmt::print(stderr, "bench_append: {}\n", what);
  std::exit(1);
}

std::filesystem::path fresh_directory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "millrace-bench-XXXXXX").string();
  need(::mkdtemp(pattern.data()) != nullptr, "no temporary directory");
  return pattern;
}

outcome append_with_millrace() {
  const auto place = fresh_directory();
  outcome made;
  {
    millrace::host host{{.store = place}};
    need(host.open().has_value(), "the host does not open");
    const auto took = seconds_of([&] {
      std::deque<std::future<millrace::result<std::vector<millrace::position>>>> waiting;
      const auto settle = [&] {
        need(waiting.front().get().has_value(), "an append failed");
        waiting.pop_front();
      };
      for (int sent = 0; sent < events_count; sent += per_append) {
        std::vector<millrace::new_event> batch(per_append);
        for (auto& each : batch) {
          each.type = "Ballast";
          each.payload = payload;
          each.content_type = std::string{millrace::content_type_json};
        }
        waiting.push_back(host.append(std::move(batch)));
        if (waiting.size() == in_flight) settle();
      }
      while (!waiting.empty()) settle();
    });
    made.rate = events_count / took;
    made.per_commit =
        static_cast<double>(events_count) / static_cast<double>(host.counters().commits);
  }
  std::filesystem::remove_all(place);
  return made;
}

double append_with_bare_sqlite(int per_commit) {
  const auto place = fresh_directory();
  sqlite3* db = nullptr;
  need(sqlite3_open((place / "bare.db").c_str(), &db) == SQLITE_OK, "SQLite does not open");
  const auto run = [&](const char* sql) {
    need(sqlite3_exec(db, sql, nullptr, nullptr, nullptr) == SQLITE_OK, sql);
  };
  run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL");
  run("CREATE TABLE events(position INTEGER PRIMARY KEY, type, time, payload BLOB, envelope BLOB)");
  sqlite3_stmt* insert = nullptr;
  sqlite3_prepare_v2(db, "INSERT INTO events VALUES(?,1,?,?,'')", -1, &insert, nullptr);
  const auto took = seconds_of([&] {
    for (int at = 0; at < events_count; ++at) {
      if (at % per_commit == 0) run("BEGIN IMMEDIATE");
      sqlite3_bind_int64(insert, 1, at);
      sqlite3_bind_int64(insert, 2, 1'700'000'000'000'000 + at);
      sqlite3_bind_blob(insert, 3, payload.data(), static_cast<int>(payload.size()), SQLITE_STATIC);
      need(sqlite3_step(insert) == SQLITE_DONE, "an insert failed");
      sqlite3_reset(insert);
      if ((at + 1) % per_commit == 0 || at + 1 == events_count) run("COMMIT");
    }
  });
  sqlite3_finalize(insert);
  sqlite3_close(db);
  std::filesystem::remove_all(place);
  return events_count / took;
}

}  // namespace

int main() {
  std::vector<double> ratios;
  fmt::print("durable append, batched: {} events of {} bytes\n", events_count, payload.size());
  for (int round = 0; round < rounds; ++round) {
    const auto ours = append_with_millrace();
    const auto bare = append_with_bare_sqlite(std::max(1, static_cast<int>(ours.per_commit)));
    ratios.push_back(ours.rate / bare);
    fmt::print("  millrace {:>9.0f}/s   bare SQLite {:>9.0f}/s   {:.0f} a commit   ratio {:.2f}\n",
               ours.rate, bare, ours.per_commit, ratios.back());
  }
  std::sort(ratios.begin(), ratios.end());
  fmt::print("  ratio: median {:.2f}, {:.2f} to {:.2f}\n", ratios[rounds / 2], ratios.front(),
             ratios.back());
}
