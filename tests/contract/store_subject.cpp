#include "contract/store_subject.hpp"

#include <catch2/catch.hpp>

#include "store/memory_store.hpp"
#include "store/sqlite_store.hpp"
#include "support/temporary_directory.hpp"

namespace millrace::contract {

std::string to_string(store_kind kind) {
  switch (kind) {
    case store_kind::memory: return "memory";
    case store_kind::sqlite: return "sqlite";
    case store_kind::sqlite_reopened: return "sqlite, re-opened";
    case store_kind::sqlite_killed: return "sqlite, killed";
    case store_kind::sqlite_beside: return "sqlite, read beside";
    case store_kind::sqlite_unlogged: return "sqlite, a few checkpoints past the log, killed";
  }
  return "?";
}

namespace {

class memory_subject final : public store_subject {
 public:
  store& writing() override { return store_; }
  const store& reading() override { return store_; }
  void step() override {}

 private:
  memory_store store_;
};

class sqlite_subject final : public store_subject {
 public:
  explicit sqlite_subject(store_kind kind) : kind_(kind) {
    own();
    if (kind == store_kind::sqlite_beside) beside_ = open(open_mode::read_only);
  }
  store& writing() override { return *store_; }
  const store& reading() override { return beside_ ? *beside_ : *store_; }
  void step() override {
    if (kind_ == store_kind::sqlite || kind_ == store_kind::sqlite_beside) return;
    if (kind_ == store_kind::sqlite_reopened) REQUIRE(store_->close());
    store_.reset();
    own();
  }

 private:
  std::unique_ptr<store> open(open_mode mode) {
    store_bounds bounds;
    if (kind_ == store_kind::sqlite_unlogged) bounds.unlogged_checkpoints = 3;
    auto opened = open_sqlite_store(directory_.path(), mode, bounds);
    if (!opened) FAIL(opened.error().message);
    return std::move(*opened);
  }
  void own() { store_ = open(open_mode::own); }

  store_kind kind_;
  temporary_directory directory_;
  std::unique_ptr<store> store_;
  std::unique_ptr<store> beside_;
};

}  // namespace

std::unique_ptr<store_subject> make_store(store_kind kind) {
  if (kind == store_kind::memory) return std::make_unique<memory_subject>();
  return std::make_unique<sqlite_subject>(kind);
}

void store_subject::commit(const commit_batch& batch) {
  const auto done = writing().commit(batch);
  if (!done) FAIL(done.error().message);
  step();
}

timestamp at_second(std::int64_t second) { return timestamp{std::chrono::seconds{second}}; }

event_row event_at(std::uint64_t at, std::string_view type, std::string_view payload,
                   std::string_view envelope) {
  return {{at}, type, at_second(static_cast<std::int64_t>(at % 1000000007)), payload, envelope};
}

flow_entry flow_of(std::uint32_t number, std::string key, std::uint64_t born) {
  return {static_cast<flow_number>(number), flow_key::parse(std::move(key)), {born}};
}

v1::Checkpoint checkpoint_at(std::uint64_t at) {
  v1::Checkpoint made;
  made.set_position(at);
  return made;
}

v1::Checkpoint stopped_at(std::uint64_t at, std::uint64_t error_at) {
  v1::Checkpoint made = checkpoint_at(at);
  made.set_error_position(error_at);
  made.set_error_message("no");
  return made;
}

}  // namespace millrace::contract
