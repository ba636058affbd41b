#include "service/pool.hpp"

#include <catch2/catch.hpp>
#include <future>

using namespace millrace::service;

TEST_CASE("a pool takes what its threads and its queue hold, and no more") {
  pool made{{.threads = 2, .queue = 1}};
  std::promise<void> gate;
  const auto opened = gate.get_future().share();
  int done = 0;
  std::mutex guard;
  const auto work = [&] {
    opened.wait();
    const std::lock_guard locked{guard};
    ++done;
  };
  for (int i = 0; i < 3; ++i) CHECK(made.run(work));
  CHECK_FALSE(made.run(work));
  gate.set_value();
  made.stop();
  CHECK(done == 3);
  CHECK_FALSE(made.run(work));
}

TEST_CASE("without a queue only idle threads take work") {
  pool made{{.threads = 1, .queue = 0}};
  std::promise<void> gate;
  CHECK(made.run([opened = gate.get_future().share()] { opened.wait(); }));
  CHECK_FALSE(made.run([] {}));
  gate.set_value();
}
