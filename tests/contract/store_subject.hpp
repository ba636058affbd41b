/// The stores that the contract holds for, each in the ways it can be used.
#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "store/store.hpp"
#include "support/store_text.hpp"

namespace millrace::contract {

using namespace test;  // how a store's content is told

enum class store_kind {
  memory,
  sqlite,           ///< one store all the time
  sqlite_reopened,  ///< closed and opened again at each step
  sqlite_killed,    ///< destroyed without close and opened again at each step
  sqlite_beside,    ///< read through a second store that is read-only
  sqlite_unlogged,  ///< killed; three checkpoints of a commit are many
};
inline constexpr std::array every_store = {
    store_kind::memory,        store_kind::sqlite,        store_kind::sqlite_reopened,
    store_kind::sqlite_killed, store_kind::sqlite_beside, store_kind::sqlite_unlogged};
[[nodiscard]] std::string to_string(store_kind kind);

/// A store under test. Tests commit, take a step and read.
class store_subject {
 public:
  virtual ~store_subject() = default;
  [[nodiscard]] virtual store& writing() = 0;
  [[nodiscard]] virtual const store& reading() = 0;
  /// What lies between a commit and the reads, by kind.
  virtual void step() = 0;

  /// Commits, requires that it succeeds, and takes a step.
  void commit(const commit_batch& batch);
};
[[nodiscard]] std::unique_ptr<store_subject> make_store(store_kind kind);

// Short ways to say what is in a batch.
[[nodiscard]] timestamp at_second(std::int64_t second);
[[nodiscard]] event_row event_at(std::uint64_t at, std::string_view type = "Happened",
                                 std::string_view payload = "", std::string_view envelope = "");
[[nodiscard]] flow_entry flow_of(std::uint32_t number, std::string key, std::uint64_t born = 0);
[[nodiscard]] v1::Checkpoint checkpoint_at(std::uint64_t at);
[[nodiscard]] v1::Checkpoint stopped_at(std::uint64_t at, std::uint64_t error_at);

}  // namespace millrace::contract
