// Reads from other threads, while one thread commits and keeps house.
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "store/memory_store.hpp"
#include "store/sqlite_store.hpp"
#include "support/temporary_directory.hpp"

namespace millrace {

namespace {

constexpr std::uint32_t flows = 40;

// Posting, checkpoint and state move together, so no moment has a pending flow.
commit_batch round_of(std::uint64_t at) {
  commit_batch batch;
  batch.events = {{{at}, "Happened", {}, "", ""}};
  for (std::uint32_t flow = 0; flow < flows; ++flow) {
    const auto number = static_cast<flow_number>(flow);
    if (at == 0) batch.flows.push_back({number, flow_key{"F", std::to_string(flow)}, {0}});
    v1::Checkpoint checkpoint;
    checkpoint.set_position(at);
    std::optional<std::string> state;
    if ((flow + at) % 4 == 0) {
      state = std::to_string(at);
      checkpoint.set_snapshot(at);
    } else {
      checkpoint.set_snapshot(at - std::min<std::uint64_t>(at, (flow + at) % 4));
    }
    batch.postings.push_back({number, {{{at}, true}}});
    batch.checkpoints.push_back({number, checkpoint, at == 0 ? "0" : state});
  }
  return batch;
}

// What a reader finds wrong; empty: nothing.
std::string look(const store& read, flow_number flow) {
  const position tail = read.tail();
  std::string wrong;
  (void)read.pending([&](const flow_row& row) {
    wrong = "pending: " + row.entry.key.text();
    return false;
  });
  const auto row = read.find_flow(flow);
  if (!row || !*row) return "no flow";
  if ((*row)->latest != position{(*row)->checkpoint.position()}) return "latest and checkpoint";
  if ((*row)->checkpoint.position() + 1 < tail.value) return "an old checkpoint";
  const auto loaded = read.load(flow);
  if (!loaded || !*loaded) return "nothing to load";
  if ((*loaded)->state != std::to_string((*loaded)->checkpoint.snapshot())) return "another state";
  std::uint64_t listed = 0;
  (void)read.flows("F", [&](const flow_row& one) {
    if (one.latest != position{one.checkpoint.position()}) wrong = "listed " + one.entry.key.text();
    return ++listed > 0;
  });
  return listed == flows ? wrong : "not all are listed";
}

void run(store& subject, const store& read, std::uint64_t rounds) {
  REQUIRE(subject.commit(round_of(0)));
  std::atomic<bool> done{false};
  std::atomic<std::uint64_t> looks{0};
  std::string wrong[2];
  std::vector<std::thread> readers;
  for (std::uint32_t reader = 0; reader < 2; ++reader) {
    readers.emplace_back([&, reader] {
      for (std::uint32_t i = reader; wrong[reader].empty() && !done; ++i) {
        wrong[reader] = look(read, static_cast<flow_number>(i % flows));
        ++looks;
      }
    });
  }
  for (std::uint64_t at = 1; at < rounds; ++at) {
    if (!subject.commit(round_of(at)) || !subject.maintain()) wrong[0] += " commit failed";
  }
  while (looks < 20 && wrong[0].empty() && wrong[1].empty()) std::this_thread::yield();
  done = true;
  for (std::thread& reader : readers) reader.join();
  CHECK(wrong[0] == "");
  CHECK(wrong[1] == "");
}

}  // namespace

TEST_CASE("a reader sees whole commits, whatever is written and folded meanwhile") {
  const millrace::temporary_directory directory;
  const auto subject = open_sqlite_store(directory.path(), open_mode::own);
  REQUIRE(subject);
  run(**subject, **subject, 300);
}

TEST_CASE("a reader beside the owner sees whole commits too") {
  const millrace::temporary_directory directory;
  const auto subject = open_sqlite_store(directory.path(), open_mode::own);
  REQUIRE(subject);
  const auto beside = open_sqlite_store(directory.path(), open_mode::read_only);
  REQUIRE(beside);
  run(**subject, **beside, 200);
}

TEST_CASE("the memory store shows whole commits") {
  memory_store subject;
  run(subject, subject, 300);
}

}  // namespace millrace
