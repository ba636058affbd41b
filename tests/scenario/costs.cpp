// What the main paths cost the store is counted, so that it does not grow unnoticed: statements,
// rows changed, commits (each is one flush), and steps of SQLite's machine. In virtual time they
// are the same in every run, on every machine.
#include <sqlite3.h>
#include <catch2/catch.hpp>
#include <millrace/host.hpp>

#include "base/virtual_clock.hpp"
#include "host/host_parts.hpp"
#include "store/sqlite_store.hpp"
#include "support/notes.hpp"
#include "support/shop.hpp"
#include "support/temporary_directory.hpp"

using namespace millrace;
using namespace millrace::shop;

namespace {

struct costs {
  std::uint64_t statements = 0;
  std::uint64_t rows = 0;
  std::uint64_t commits = 0;
  std::uint64_t steps = 0;
};

std::ostream& operator<<(std::ostream& out, const costs& of) {
  return out << "{" << of.statements << ", " << of.rows << ", " << of.commits << ", " << of.steps
             << "}";
}

costs counted;  // of every connection of this process; SQLite hands its callbacks no better place

int on_trace(unsigned what, void*, void* of, void*) {
  if (what != SQLITE_TRACE_PROFILE) return 0;
  ++counted.statements;
  counted.steps += static_cast<std::uint64_t>(
      sqlite3_stmt_status(static_cast<sqlite3_stmt*>(of), SQLITE_STMTSTATUS_VM_STEP, 1));
  return 0;
}
void on_row(void*, int, const char*, const char*, sqlite3_int64) { ++counted.rows; }
int on_commit(void*) {
  ++counted.commits;
  return 0;
}
int watch(sqlite3* opened, const char**, const sqlite3_api_routines*) {
  sqlite3_trace_v2(opened, SQLITE_TRACE_PROFILE, &on_trace, nullptr);
  sqlite3_update_hook(opened, &on_row, nullptr);
  sqlite3_commit_hook(opened, &on_commit, nullptr);
  return SQLITE_OK;
}

/// Connections that are opened while this lives are counted.
class counting {
 public:
  counting() { sqlite3_auto_extension(reinterpret_cast<void (*)()>(&watch)); }
  counting(const counting&) = delete;
  counting& operator=(const counting&) = delete;
  ~counting() { sqlite3_cancel_auto_extension(reinterpret_cast<void (*)()>(&watch)); }
};

/// A host over SQLite in virtual time.
class counted_host {
 public:
  explicit counted_host(const std::filesystem::path& place)
      : disk_(open_sqlite_store(place, open_mode::own).value()) {
    host_.inside().in_virtual_time = host::parts::virtual_time{
        .memory = disk_.get(), .time = &clock_, .seed = 0, .before_commit = {}, .run_all = [this] {
          run();
        }};
  }
  host& operator*() { return host_; }
  host* operator->() { return &host_; }

  /// Until nothing is ready, and what the router gathered is written.
  void settle() {
    for (int quarter = 0; quarter < 8; ++quarter) {
      run();
      clock_.advance(std::chrono::milliseconds{250});
      host_.inside().running->advance(std::chrono::milliseconds{250});
    }
    run();
  }
  void append(std::vector<new_event> events) {
    auto answer = host_.append(std::move(events));
    run();
    REQUIRE(answer.get());
  }

 private:
  void run() {
    while (host_.inside().running->step()) {
    }
  }
  std::unique_ptr<store> disk_;
  virtual_clock clock_;
  host host_;
};

/// Was here before the flows that come late.
struct witness {
  static constexpr std::string_view name = "Witness";
  using observes = events<Noted>;
  void given(const Noted& e) { state.set_last(e.number()); }
  Notes state;
};

std::vector<new_event> notes_at(std::int64_t from, std::int64_t until) {
  std::vector<new_event> made;
  for (; from < until; ++from) {
    made.push_back(new_event::of(note("key-" + std::to_string(from * 7 % 50), from)));
  }
  return made;
}

void append_notes(counted_host& to, std::int64_t from, std::int64_t until, std::int64_t at_once) {
  for (; from < until; from += at_once) {
    to.append(notes_at(from, std::min(until, from + at_once)));
  }
  to.settle();
}

void open_with_notes(counted_host& over) {
  REQUIRE(over->add<notes>());
  REQUIRE(over->add<all_notes>());
  REQUIRE(over->open());
}

template <class Work>
costs cost_of(Work work) {
  const auto before = counted;
  work();
  return {counted.statements - before.statements, counted.rows - before.rows,
          counted.commits - before.commits, counted.steps - before.steps};
}

/// What was recorded, and a tenth more. When a change makes a path cheaper, record that.
void require_at_most(const costs& recorded, const costs& found) {
  INFO("recorded " << recorded << ", found " << found);
  CHECK(found.statements * 10 <= recorded.statements * 11);
  CHECK(found.rows * 10 <= recorded.rows * 11);
  CHECK(found.commits * 10 <= recorded.commits * 11);
  CHECK(found.steps * 10 <= recorded.steps * 11);
}

}  // namespace

TEST_CASE("an append costs the store a row an event, and a commit a call") {
  const counting on;
  const temporary_directory place;
  counted_host over{place.path()};
  REQUIRE(over->open());
  const auto append = [&](int calls) {
    for (; calls > 0; --calls) {
      new_event one;
      one.type = "Ballast";
      one.payload = "{}";
      one.content_type = std::string{content_type_json};
      over.append(std::vector<new_event>(100, one));
    }
    over.settle();
  };
  append(1);
  require_at_most({183, 1000, 11, 19108}, cost_of([&] { append(10); }));
}

TEST_CASE("what an event costs the store that two flows handle, in hundreds, does not grow") {
  const counting on;
  const temporary_directory place;
  counted_host over{place.path()};
  open_with_notes(over);
  append_notes(over, 0, 100, 100);
  require_at_most({268, 1063, 21, 21050}, cost_of([&] { append_notes(over, 100, 1100, 100); }));
}

TEST_CASE("what an event costs the store that two flows handle, by itself, does not grow") {
  const counting on;
  const temporary_directory place;
  counted_host over{place.path()};
  open_with_notes(over);
  append_notes(over, 0, 100, 100);
  require_at_most({1256, 451, 401, 11504}, cost_of([&] { append_notes(over, 100, 300, 1); }));
}

TEST_CASE("what flows cost the store that come late to two thousand events does not grow") {
  const counting on;
  const temporary_directory place;
  {
    counted_host first{place.path()};
    REQUIRE(first->add<witness>());
    REQUIRE(first->open());
    append_notes(first, 0, 2000, 500);
    first->stop();
  }
  counted_host over{place.path()};
  require_at_most({264, 112, 9, 26358}, cost_of([&] {
                    open_with_notes(over);
                    over.settle();
                  }));
  CHECK(over->read<all_notes>().value().state.count() == 2000);
}

TEST_CASE("what opening costs the store with idle flows does not grow") {
  const counting on;
  const temporary_directory place;
  {
    counted_host first{place.path()};
    open_with_notes(first);
    append_notes(first, 0, 500, 100);
    first->stop();
  }
  counted_host over{place.path()};
  require_at_most({25, 0, 0, 217}, cost_of([&] {
                    open_with_notes(over);
                    over.settle();
                  }));
}

TEST_CASE("what a reaction costs the store, its timer with it, does not grow") {
  const counting on;
  const temporary_directory place;
  counted_host over{place.path()};
  REQUIRE(over->add<payment_reminder>());
  REQUIRE(over->add<open_orders>());
  REQUIRE(over->open());
  const auto order = [&](int number) {
    const auto id = "o" + std::to_string(number);
    over.append({new_event::of(placed(id))});
    over.append({new_event::of(paid(id))});
  };
  for (int i = 0; i < 10; ++i) order(i);
  over.settle();
  // A turn of the query is committed by itself, without a flush: a transaction more, and sooner.
  require_at_most({1458, 602, 351, 19283}, cost_of([&] {
                    for (int i = 10; i < 60; ++i) order(i);
                    over.settle();
                  }));
}
