#include "wire/body_pool.hpp"

#include <catch2/catch.hpp>

#include "base/limits.hpp"
#include "support/flows.pb.h"

using namespace millrace;
using namespace millrace::test;

TEST_CASE("messages of a window that is gone are those of the next one") {
  body_pool pool;
  auto first = pool.take();
  auto* const act = &first->next(Act::default_instance());
  auto* const word = &first->next(Word::default_instance());
  CHECK(&first->next(Act::default_instance()) != act);
  const auto beside = pool.take();
  CHECK(beside != first);
  first.reset();
  const auto again = pool.take();
  CHECK(&again->next(Act::default_instance()) == act);
  CHECK(&again->next(Word::default_instance()) == word);
}

TEST_CASE("messages that came to take much memory are not kept, nor any when nothing is behind") {
  body_pool pool;
  auto large = pool.take();
  for (int i = 0; large->size() <= limits::bodies_size_max; ++i) {
    large->next(Act::default_instance());
  }
  large.reset();
  CHECK(pool.take()->size() < limits::bodies_size_max);
  pool.trim();
  CHECK(pool.take()->size() < 4096);
}

TEST_CASE("a window outlives the pool that its messages came from") {
  auto pool = std::make_unique<body_pool>();
  auto held = pool->take();
  auto& act = static_cast<Act&>(held->next(Act::default_instance()));
  act.set_id("a");
  pool.reset();
  CHECK(act.id() == "a");
}
