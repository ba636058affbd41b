#include "twin_on_disk.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "store/sqlite_store.hpp"
#include "support/store_text.hpp"

namespace millrace::simulation {

twin_on_disk::twin_on_disk(std::uint64_t seed) : many_(2 + seed % 4) { open(); }

void twin_on_disk::open() {
  auto opened = open_sqlite_store(place_.path(), open_mode::own, {.unlogged_checkpoints = many_});
  expect(opened, "opening");
  if (opened) stored_ = std::move(*opened);
}

/// Not flushed: this machine does not die.
void twin_on_disk::commit(const commit_batch& batch) {
  if (!stored_) return;
  expect(stored_->write(batch), "a commit");
}

void twin_on_disk::kill() {
  stored_.reset();
  open();
}

void twin_on_disk::close() {
  if (stored_) expect(stored_->close(), "closing");
  kill();
}

std::vector<std::string> twin_on_disk::differences_from(const store& other) {
  if (!stored_) return found_;
  auto more = stored_->maintain();
  while (more && *more) more = stored_->maintain();  // until what was dropped is gone
  expect(more, "housekeeping");
  expect(stored_->flush(), "a flush");
  const auto damage = stored_->check();
  expect(damage, "checking");
  if (damage) found_.insert(found_.end(), damage->begin(), damage->end());
  const auto wanted = test::everything(other);
  const auto said = test::everything(*stored_);
  for (std::size_t i = 0; i < std::max(wanted.size(), said.size()); ++i) {
    const std::string none = "nothing";
    const auto& here = i < said.size() ? said[i] : none;
    const auto& there = i < wanted.size() ? wanted[i] : none;
    if (here == there) continue;
    found_.push_back(fmt::format("on disk: {}; in memory: {}", here, there));
    break;  // the rest is out of step
  }
  return found_;
}

template <class Done>
void twin_on_disk::expect(const Done& done, const char* what) {
  if (!done) found_.push_back(fmt::format("{} on disk fails: {}", what, done.error().message));
}

}  // namespace millrace::simulation
