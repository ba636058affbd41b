// What is told of a commit before it is flushed, and after.
#include "unit/engine/journals.hpp"

using namespace millrace;
using namespace millrace::test;

namespace {

/// Counts flushes, and refuses them when it is told to.
struct flushed_journals : journals {
  int flushes = 0;
  bool fails = false;

  flushed_journals() {
    stored.at_flush([this]() -> result<void> {
      ++flushes;
      if (fails) return error{errc::storage_failed, "says the disk"};
      return {};
    });
  }
  flow_commit folds() {
    auto made = turn_at(0);
    made.follows = true;
    return turn("folds", std::move(made));
  }
};

}  // namespace

TEST_CASE_METHOD(flushed_journals, "nobody is told of a commit before its flush") {
  at_work.submit(append("first", {word("a")}));
  CHECK(at_work.write() == worked::idle);
  CHECK(stored.tail() == position{1});
  CHECK(at_work.tail() == position{0});
  CHECK_FALSE(at_work.idle());
  CHECK(told().empty());

  at_work.settle();
  CHECK(flushes == 1);
  CHECK(told() == texts{"committed 0-1", "first done"});
  CHECK(at_work.tail() == position{1});
  CHECK(at_work.idle());
}

TEST_CASE_METHOD(flushed_journals, "commits that wait share a flush, and are told in their order") {
  at_work.submit(append("first", {word("a")}));
  at_work.write();
  at_work.submit(append("second", {word("b"), word("c")}));
  at_work.write();
  CHECK(told().empty());
  at_work.settle();
  CHECK(flushes == 1);
  CHECK(told() == texts{"committed 0-1", "first done", "committed 1-3", "second done"});
  at_work.settle();
  CHECK(flushes == 1);
}

TEST_CASE_METHOD(flushed_journals, "what can be done again needs no flush, and waits for none") {
  at_work.submit(folds());
  at_work.write();
  at_work.settle();
  CHECK(flushes == 0);
  CHECK(told() == texts{"folds done"});

  at_work.submit(append("append", {word("a")}));
  at_work.write();
  auto next = folds();
  next.expected = position{0};
  at_work.submit(std::move(next));
  at_work.write();
  CHECK(told() == texts{"folds done"});
  at_work.settle();
  CHECK(told() == texts{"committed 0-1", "append done"});
}

TEST_CASE_METHOD(flushed_journals,
                 "a repeated append is told where its event is when that is on the disk") {
  at_work.submit(append("first", {word("a", "id")}));
  at_work.write();
  at_work.submit(append("again", {word("a", "id")}));
  at_work.write();
  CHECK(told().empty());
  at_work.settle();
  CHECK(told() == texts{"committed 0-1", "first done", "again done"});
}

TEST_CASE_METHOD(flushed_journals, "the next commit is checked against what is not flushed yet") {
  at_work.submit(append("first", {word("a")}));
  at_work.write();
  auto behind = append("behind", {word("a")});
  behind.condition.tail = position{0};
  at_work.submit(std::move(behind));
  at_work.write();
  at_work.settle();
  CHECK(told() == texts{"committed 0-1", "first done", "behind conflict"});
}

TEST_CASE_METHOD(flushed_journals,
                 "a flush that fails answers all that waits, and whatever follows") {
  at_work.submit(append("first", {word("a")}));
  at_work.write();
  at_work.submit(append("second", {word("b")}));
  at_work.write();
  at_work.submit(append("queued", {word("c")}));
  fails = true;
  at_work.settle();
  CHECK(told() == texts{"failed storage_failed", "queued storage_failed", "first storage_failed",
                        "second storage_failed"});
  CHECK(at_work.tail() == position{0});
  CHECK(at_work.idle());
  fails = false;
  CHECK_FALSE(at_work.submit(append("after", {word("a")})));
  CHECK(told() == texts{"after storage_failed"});
  CHECK(at_work.work() == worked::idle);
  CHECK(flushes == 1);
}

TEST_CASE_METHOD(flushed_journals, "what is written when the store fails is told after its flush") {
  at_work.submit(append("written", {word("a")}));
  at_work.write();
  at_work.submit(append("fails", {word("b")}));
  disk_says(errc::storage_failed);
  CHECK(at_work.write() == worked::failed);
  CHECK(told() == texts{"failed storage_failed", "fails storage_failed"});
  at_work.settle();
  CHECK(told() == texts{"committed 0-1", "written done"});
  CHECK(at_work.idle());
}
