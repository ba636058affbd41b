#include "bare/committer.hpp"

namespace millrace::bench::bare {

committer::committer(const std::filesystem::path& file)
    : timeline_(file), thread_([this] { work(); }) {}

committer::~committer() {
  {
    const std::scoped_lock lock{mutex_};
    state_ = state::ending;
  }
  changed_.notify_all();
  thread_.join();
}

void committer::append(std::string_view payload) {
  std::unique_lock lock{mutex_};
  payload_ = payload;
  state_ = state::wanted;
  changed_.notify_all();
  changed_.wait(lock, [&] { return state_ == state::done; });
  state_ = state::idle;
}

void committer::work() {
  std::uint64_t next = 0;
  std::unique_lock lock{mutex_};
  for (;;) {
    changed_.wait(lock, [&] { return state_ == state::wanted || state_ == state::ending; });
    if (state_ == state::ending) return;
    lock.unlock();
    timeline_.begin();
    timeline_.insert(next++, payload_, {});
    timeline_.commit();
    lock.lock();
    state_ = state::done;
    changed_.notify_all();
  }
}

}  // namespace millrace::bench::bare
