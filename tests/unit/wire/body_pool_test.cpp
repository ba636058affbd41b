#include "wire/body_pool.hpp"

#include <catch2/catch.hpp>

#include "base/limits.hpp"
#include "support/flows.pb.h"

using namespace millrace;
using namespace millrace::test;

TEST_CASE("messages of a window that is gone are those of the next one") {
  body_pool pool;
  auto first = pool.take();
  auto* const act = &first->next(Act::default_instance(), 0);
  auto* const word = &first->next(Word::default_instance(), 0);
  CHECK(&first->next(Act::default_instance(), 0) != act);
  const auto beside = pool.take();
  CHECK(beside != first);
  first.reset();
  const auto again = pool.take();
  CHECK(&again->next(Act::default_instance(), 0) == act);
  CHECK(&again->next(Word::default_instance(), 0) == word);
}

TEST_CASE("messages that came to take much memory are not kept, nor any when nothing is behind") {
  body_pool pool;
  auto large = pool.take();
  for (std::size_t i = 0; i < 2 * limits::bodies_size_max / sizeof(Act); ++i) {
    large->next(Act::default_instance(), 0);
  }
  large.reset();
  CHECK(pool.take()->size() == 0);
  pool.take()->next(Act::default_instance(), 0);
  CHECK(pool.take()->size() > 0);
  pool.trim();
  CHECK(pool.take()->size() == 0);
}

namespace {

/// Decodes many such payloads into messages of one set, time after time: how often until the pool
/// gives others instead.
template <class Body>
int uses_until_dropped(const Body& body, int most) {
  const auto payload = body.SerializeAsString();
  body_pool pool;
  std::size_t before = 0;
  for (int use = 0; use < most; ++use) {
    const auto set = pool.take();
    if (set->size() < before) return use;
    before = set->size();
    for (int i = 0; i < 10'000; ++i) {
      set->next(Body::default_instance(), payload.size()).ParseFromString(payload);
    }
  }
  return most;
}

}  // namespace

TEST_CASE("what messages leave behind when they are cleared counts, with their texts") {
  Diary with_map;
  (*with_map.mutable_counts())[std::string(200, 'x')] = 1;
  CHECK(uses_until_dropped(with_map, 100) < 30);  // more than 100 by the arena alone
  Word with_text;
  with_text.set_id(std::string(200, 'x'));
  CHECK(uses_until_dropped(with_text, 100) == 100);
}

TEST_CASE("a window outlives the pool that its messages came from") {
  auto pool = std::make_unique<body_pool>();
  auto held = pool->take();
  auto& act = static_cast<Act&>(held->next(Act::default_instance(), 0));
  act.set_id("a");
  pool.reset();
  CHECK(act.id() == "a");
}
