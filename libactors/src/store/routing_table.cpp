#include "store/routing_table.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.hpp"
#include "store/builds.hpp"
#include "store/effect_block.hpp"

namespace millrace {

using sqlite::step;

namespace {

std::int64_t first_block(std::uint64_t bucket) {
  return static_cast<std::int64_t>(bucket * effect_bucket_blocks);
}

}  // namespace

result<void> routing_writer::prepare(sqlite::connection& database) {
  return database.prepare({
      {&put_type_, "INSERT OR REPLACE INTO flow_types VALUES (?, ?, ?)"},
      {&put_routed_, "UPDATE progress SET value = ? WHERE name = 'routed'"},
      {&last_block_,
       "SELECT number, pairs FROM effect_blocks WHERE number >= ? AND number < ? "
       "ORDER BY number DESC LIMIT 1"},
      {&put_block_, "INSERT OR REPLACE INTO effect_blocks VALUES (?, ?)"},
      {&clear_bucket_, "DELETE FROM effect_blocks WHERE number >= ? AND number < ?"},
  });
}

result<void> routing_writer::write(const commit_batch& batch) {
  for (const v1::FlowType& type : batch.flow_types) {
    const std::string record = type.SerializeAsString();
    auto done = put_type_.run(std::string_view{type.name()},
                              static_cast<std::uint32_t>(build_of(type)), std::string_view{record});
    if (!done) return done;
  }
  for (const auto& rewrite : batch.rewritten_effects) {
    if (auto done = rewrite_effects(rewrite); !done) return done;
  }
  if (auto done = write_effects(batch.effects); !done) return done;
  return batch.routed ? put_routed_.run(*batch.routed) : result<void>{};
}

result<void> routing_writer::rewrite_effects(const commit_batch::effects_rewrite& rewrite) {
  auto done = clear_bucket_.run(first_block(rewrite.span), first_block(rewrite.span + 1));
  if (!done || rewrite.effects.empty()) return done;
  return extend_bucket(rewrite.span, rewrite.effects);
}

result<void> routing_writer::write_effects(std::span<const effect> left) {
  while (!left.empty()) {
    const std::uint64_t bucket = effect_span(left.front().cause);
    const auto end = std::find_if(left.begin(), left.end(), [&](const effect& one) {
      return effect_span(one.cause) != bucket;
    });
    const auto count = static_cast<std::size_t>(end - left.begin());
    if (auto done = extend_bucket(bucket, left.first(count)); !done) return done;
    left = left.subspan(count);
  }
  return {};
}

result<void> routing_writer::extend_bucket(std::uint64_t bucket, std::span<const effect> effects) {
  std::int64_t number = first_block(bucket);
  block_.clear();
  {
    const auto guard = last_block_.start(number, first_block(bucket + 1));
    const step next = last_block_.next();
    if (next == step::failed) return last_block_.failure();
    if (next == step::row) {
      number = last_block_.integer(0);
      block_ = last_block_.bytes(1);
    }
  }
  for (const effect& one : effects) {
    if (block_.size() + 2 * varint_size_max > effect_block_size) {
      if (auto done = put_block_.run(number, std::string_view{block_}); !done) return done;
      block_.clear();
      ++number;
    }
    append_effect(block_, one);
  }
  return put_block_.run(number, std::string_view{block_});
}

result<void> routing_reader::prepare(sqlite::connection& database) {
  return database.prepare({
      {&types_, "SELECT record FROM flow_types ORDER BY name, build"},
      {&routed_, "SELECT value FROM progress WHERE name = 'routed'"},
      {&blocks_, "SELECT pairs FROM effect_blocks WHERE number >= ? AND number < ?"},
      {&first_block_after_,
       "SELECT number FROM effect_blocks WHERE number >= ? ORDER BY number LIMIT 1"},
  });
}

result<std::vector<v1::FlowType>> routing_reader::flow_types() {
  std::vector<v1::FlowType> types;
  const auto guard = types_.start();
  while (true) {
    const step next = types_.next();
    if (next == step::failed) return types_.failure();
    if (next == step::done) return types;
    const std::string_view record = types_.bytes(0);
    if (!types.emplace_back().ParseFromArray(record.data(), static_cast<int>(record.size()))) {
      return error{errc::corrupt, "the record of a flow type does not decode"};
    }
  }
}

result<position> routing_reader::routed() {
  const auto guard = routed_.start();
  switch (routed_.next()) {
    case step::row: return routed_.at(0);
    case step::done: return error{errc::corrupt, "the routed position is missing"};
    default: return routed_.failure();
  }
}

result<std::vector<position>> routing_reader::effects(position cause) {
  std::vector<position> found;
  if (cause.value > limits::position_max) return found;
  auto all = effects_of_span(effect_span(cause));
  if (!all) return all.error();
  for (const effect& one : *all) {
    if (one.cause == cause) found.push_back(one.at);
  }
  // Within a batch they are in order, and a pair that is written twice is one pair.
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

result<std::vector<effect>> routing_reader::effects_of_span(std::uint64_t span) {
  std::vector<effect> found;
  const auto guard = blocks_.start(first_block(span), first_block(span + 1));
  while (true) {
    const step next = blocks_.next();
    if (next == step::failed) return blocks_.failure();
    if (next == step::done) return found;
    std::string_view block = blocks_.bytes(0);
    while (!block.empty()) {
      if (!take_effect(block, span, found.emplace_back())) {
        return error{errc::corrupt, fmt::format("a block of effects near {} does not decode",
                                                span * effect_span_causes)};
      }
    }
  }
}

result<std::vector<std::uint64_t>> routing_reader::effect_spans() {
  std::vector<std::uint64_t> spans;
  while (true) {
    const auto guard = first_block_after_.start(first_block(spans.empty() ? 0 : spans.back() + 1));
    const step next = first_block_after_.next();
    if (next == step::failed) return first_block_after_.failure();
    if (next == step::done) return spans;
    spans.push_back(static_cast<std::uint64_t>(first_block_after_.integer(0)) /
                    effect_bucket_blocks);
  }
}

}  // namespace millrace
