#include "sqlite/store_lock.hpp"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "support/temporary_directory.hpp"

namespace millrace::sqlite {

namespace {

// A child that holds the lock until it is told to end, or is killed.
class holder {
 public:
  explicit holder(const std::filesystem::path& directory) {
    int ready[2];
    REQUIRE(::pipe(ready) == 0);
    process_ = ::fork();
    if (process_ == 0) {
      const auto lock = store_lock::take(directory);
      (void)!::write(ready[1], lock ? "y" : "n", 1);
      ::pause();
      ::_exit(0);
    }
    char answer = 0;
    REQUIRE(::read(ready[0], &answer, 1) == 1);
    REQUIRE(answer == 'y');
    ::close(ready[0]);
    ::close(ready[1]);
  }
  ~holder() { kill(); }
  void kill() {
    if (process_ <= 0) return;
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
    process_ = 0;
  }
  [[nodiscard]] int process() const { return process_; }

 private:
  int process_ = 0;
};

}  // namespace

TEST_CASE("a lock that another process holds is refused, and says who holds it") {
  const millrace::temporary_directory directory;
  const holder other{directory.path()};
  const auto lock = store_lock::take(directory.path());
  REQUIRE_FALSE(lock);
  CHECK(lock.error().code == errc::in_use);
  CHECK_THAT(lock.error().message, Catch::Contains(fmt::format("process {} (", other.process())));
}

TEST_CASE("the death of a process frees its lock") {
  const millrace::temporary_directory directory;
  holder other{directory.path()};
  other.kill();
  CHECK(store_lock::take(directory.path()));
}

TEST_CASE("a lock is refused within one process too, and free after its object") {
  const millrace::temporary_directory directory;
  {
    const auto lock = store_lock::take(directory.path());
    REQUIRE(lock);
    const auto again = store_lock::take(directory.path());
    REQUIRE_FALSE(again);
    CHECK_THAT(again.error().message, Catch::Contains(std::to_string(::getpid())));
  }
  CHECK(store_lock::take(directory.path()));
}

TEST_CASE("a directory that cannot be written is an error that names the file") {
  const auto lock = store_lock::take("/nowhere/at/all");
  REQUIRE_FALSE(lock);
  CHECK(lock.error().code == errc::storage_failed);
  CHECK_THAT(lock.error().message, Catch::Contains("/nowhere/at/all/lock"));
}

}  // namespace millrace::sqlite
