/// What the router notes beside postings: routed positions of types, and the cause index.
/// docs/formats/effects.md
#pragma once

#include <string>
#include <vector>

#include "sqlite/connection.hpp"
#include "store/store.hpp"

namespace millrace {

/// The committing side, within a transaction of its connection.
class routing_writer {
 public:
  result<void> prepare(sqlite::connection& database);
  result<void> write(const commit_batch& batch);

 private:
  result<void> rewrite_effects(const commit_batch::effects_rewrite& rewrite);
  result<void> write_effects(std::span<const effect> effects);
  result<void> extend_bucket(std::uint64_t bucket, std::span<const effect> effects);

  sqlite::statement put_type_, put_routed_, last_block_, put_block_, clear_bucket_;
  std::string block_;  // kept for its memory
};

/// The reading side, on one connection and thread at a time.
class routing_reader {
 public:
  result<void> prepare(sqlite::connection& database);
  result<std::vector<v1::FlowType>> flow_types();
  result<position> routed();
  result<std::vector<position>> effects(position cause);
  result<std::vector<effect>> effects_of_span(std::uint64_t span);
  result<std::vector<std::uint64_t>> effect_spans();

 private:
  sqlite::statement types_, routed_, blocks_, first_block_after_;
};

}  // namespace millrace
