// How fast are inboxes, directory and cause index built again, next to a scan of the timeline?
//
// Workload: events of about 110 bytes, each with a cause and three routes (a query with one
// instance and two with 10,000 each), as explicit routes in the envelope, or by typed route()
// functions, which need the payload decoded. `build`: everything derived is dropped and built
// again, and written. `check`: it is compared with what is stored, and nothing differs. Baseline,
// in the same run and on the same file: a bare, single-threaded, ordered SELECT of the same rows
// that looks at every column. Rounds alternate; medians and their spread are printed.
//
//   bench_rebuild [EVENTS [ROUNDS]]   500,000 and 3 unless told; the question is for 16,000,000
#include <fmt/format.h>
#include <rebuild.pb.h>
#include <sqlite3.h>
#include <stdlib.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "host/rebuild.hpp"
#include "millrace/envelope.pb.h"
#include "store/sqlite_store.hpp"

namespace {

using namespace millrace;

constexpr std::uint64_t instances = 10'000;  // of each of two types
constexpr std::uint64_t per_commit = 10'000;

struct everything {
  static constexpr std::string_view name = "Everything";
  using observes = events<bench::Moved>;
  void given(const bench::Moved&) { state.set_count(state.count() + 1); }
  bench::Moves state;
};
struct by_item {
  static constexpr std::string_view name = "ByItem";
  using observes = events<bench::Moved>;
  static millrace::route route(const bench::Moved& e) { return starts(e.item()); }
  void given(const bench::Moved&) { state.set_count(state.count() + 1); }
  bench::Moves state;
};
struct by_place {
  static constexpr std::string_view name = "ByPlace";
  using observes = events<bench::Moved>;
  static millrace::route route(const bench::Moved& e) { return starts(e.place()); }
  void given(const bench::Moved&) { state.set_count(state.count() + 1); }
  bench::Moves state;
};

double seconds_of(const std::function<void()>& work) {
  const auto begun = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}

void need(bool holds, const std::string& what) {
  if (holds) return;
  fmt::print(stderr, "bench_rebuild: {}\n", what);
  std::exit(1);
}

template <class T>
T got(result<T> from) {
  if (!from) need(false, from.error().message);
  return std::move(*from);
}

/// One store with its timeline, in a directory of its own.
class subject {
 public:
  subject(bool typed, std::uint64_t events) : typed_(typed), events_(events) {
    auto pattern = (std::filesystem::temp_directory_path() / "millrace-bench-XXXXXX").string();
    need(::mkdtemp(pattern.data()) != nullptr, "no temporary directory");
    place_ = pattern;
    auto made = got(open_sqlite_store(place_, open_mode::own));
    for (std::uint64_t first = 0; first < events_; first += per_commit) fill(*made, first);
    commit_batch routed{.routed = position{events_}};
    for (const auto name : {"Everything", "ByItem", "ByPlace"}) {
      if (!typed_) continue;
      auto& row = routed.flow_types.emplace_back();
      row.set_name(name);
      row.set_version(1);
      row.set_single(name == std::string_view{"Everything"});
      row.set_build(1);
      row.set_served(true);
      row.set_routed(events_);
    }
    need(made->commit(routed).has_value(), "cannot write");
    need(made->close().has_value(), "cannot close");
  }
  subject(const subject&) = delete;
  subject& operator=(const subject&) = delete;
  ~subject() {
    std::error_code ignored;
    std::filesystem::remove_all(place_, ignored);
  }

  /// The bare baseline.
  double scan() const {
    sqlite3* db = nullptr;
    const auto file = place_ / store_file_name;
    need(sqlite3_open_v2(file.c_str(), &db, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK, "open");
    sqlite3_stmt* query = nullptr;
    sqlite3_prepare_v2(
        db, "SELECT position, type, time, payload, envelope FROM events ORDER BY position", -1,
        &query, nullptr);
    std::uint64_t rows = 0;
    std::uint64_t sum = 0;
    const auto took = seconds_of([&] {
      while (sqlite3_step(query) == SQLITE_ROW) {
        ++rows;
        for (const int number : {0, 1, 2}) {
          sum += static_cast<std::uint64_t>(sqlite3_column_int64(query, number));
        }
        for (const int blob : {3, 4}) {
          const auto* bytes = static_cast<const char*>(sqlite3_column_blob(query, blob));
          const int size = sqlite3_column_bytes(query, blob);
          if (size > 0) sum += static_cast<std::uint64_t>(bytes[size - 1]);
        }
      }
    });
    need(rows == events_ && sum != 0, "the scan misses rows");
    sqlite3_finalize(query);
    sqlite3_close(db);
    return took;
  }

  double build() {
    forget();
    host over{{.store = place_, .run_flows = false}};
    add_types(over);
    need(over.open().has_value(), "the host does not open");
    double took = 0;
    rebuild_counts counts;
    took = seconds_of([&] { counts = got(rebuild(over.inside(), {})); });
    need(counts.events == events_ && counts.differences > 0, "nothing was built");
    over.stop();
    return took;
  }
  double check() const {
    const auto from = got(open_sqlite_store(place_, open_mode::read_only));
    const auto types = got(known_types::of(all_types()));
    rebuild_counts counts;
    const auto took = seconds_of([&] { counts = got(compare_derived(*from, *types, {})); });
    need(counts.differences == 0, "what was built differs");
    need(counts.postings == 3 * events_, "there are other postings");
    return took;
  }

 private:
  void fill(store& into, std::uint64_t first) {
    std::vector<std::pair<std::string, std::string>> texts;
    const auto end = std::min(first + per_commit, events_);
    for (auto at = first; at < end; ++at) texts.push_back(event_at(at));
    commit_batch batch;
    for (auto at = first; at < end; ++at) {
      const auto& [payload, envelope] = texts[at - first];
      batch.events.push_back({position{at}, "Moved", timestamp{}, payload, envelope});
    }
    need(into.commit(batch).has_value(), "cannot write");
  }
  /// Instances come in no order, and each as often as another.
  std::pair<std::string, std::string> event_at(std::uint64_t at) const {
    const auto mixed = (at + 1) * 0x9e3779b97f4a7c15u;
    bench::Moved body;
    body.set_item(fmt::format("item-{}", (mixed >> 20) % instances));
    body.set_place(fmt::format("place/{}", (mixed >> 40) % instances));
    body.set_text("from here to there");
    v1::Envelope envelope;
    if (at > 0) envelope.set_cause(at - 1);
    if (!typed_) {
      for (const auto& key :
           {std::string{"Everything"}, "ByItem|" + body.item(), "ByPlace|" + body.place()}) {
        envelope.mutable_routes()->add_keys(key);
      }
    }
    return {body.SerializeAsString(), envelope.SerializeAsString()};
  }
  void forget() const {
    sqlite3* db = nullptr;
    const auto file = place_ / store_file_name;
    need(sqlite3_open(file.c_str(), &db) == SQLITE_OK, "open");
    for (const auto* sql : {"DELETE FROM posting_blocks", "DELETE FROM effect_blocks",
                            "DELETE FROM flows", "PRAGMA wal_checkpoint(TRUNCATE)"}) {
      need(sqlite3_exec(db, sql, nullptr, nullptr, nullptr) == SQLITE_OK, sql);
    }
    sqlite3_close(db);
  }
  interest_table::type_list all_types() const {
    if (!typed_) return {};
    return {std::make_shared<const flow_type>(describe<everything>()),
            std::make_shared<const flow_type>(describe<by_item>()),
            std::make_shared<const flow_type>(describe<by_place>())};
  }
  void add_types(host& to) const {
    if (!typed_) return;
    need(to.add<everything>() && to.add<by_item>() && to.add<by_place>(), "add");
  }

  bool typed_;
  std::uint64_t events_;
  std::filesystem::path place_;
};

struct series {
  std::vector<double> values;
  void add(double one) { values.push_back(one); }
  std::string text(const char* format) {
    std::sort(values.begin(), values.end());
    return fmt::format(fmt::runtime(format), values[values.size() / 2], values.front(),
                       values.back());
  }
};

void ask(bool typed, std::uint64_t events, int rounds) {
  subject one{typed, events};
  one.scan();  // warms the file
  series scan, build, check, build_ratio, check_ratio;
  for (int round = 0; round < rounds; ++round) {
    const double bare = one.scan();
    const double built = one.build();
    const double again = one.scan();
    const double checked = one.check();
    scan.add(bare);
    scan.add(again);
    build.add(built);
    check.add(checked);
    build_ratio.add(built / bare);
    check_ratio.add(checked / again);
  }
  const char* seconds = "{:.2f} s ({:.2f} to {:.2f})";
  const char* ratio = "{:.2f} ({:.2f} to {:.2f})";
  fmt::print("{}: {} events, 3 routes each\n", typed ? "typed route()" : "explicit routes", events);
  fmt::print("  bare scan  {}\n", scan.text(seconds));
  fmt::print("  build      {}   ratio {}\n", build.text(seconds), build_ratio.text(ratio));
  fmt::print("  check      {}   ratio {}\n", check.text(seconds), check_ratio.text(ratio));
}

}  // namespace

int main(int argc, char** argv) {
  const auto events = argc > 1 ? std::stoull(argv[1]) : 500'000;
  const int rounds = argc > 2 ? std::stoi(argv[2]) : 3;
  ask(false, events, rounds);
  ask(true, events, rounds);
}
