#include "host/import_thread.hpp"

#include <chrono>

namespace millrace {
namespace {

using exchange::reader;
using state = import_source::state;

constexpr std::size_t held_size_max = std::size_t{4} << 20;  // two parts: what is read is cold soon
constexpr auto look_again = std::chrono::milliseconds{20};

}  // namespace

import_thread::import_thread(import_source& from, import_thread_options options)
    : source_(from),
      options_(options),
      reader_(options.from, options.rules),
      thread_([this] { run(); }) {}

import_thread::~import_thread() {
  ending_ = true;
  {
    const std::scoped_lock lock{mutex_};
    parts_.clear();
    held_ = 0;
  }
  changed_.notify_all();
  thread_.join();
}

std::unique_ptr<exchange::part> import_thread::take(std::chrono::milliseconds limit) {
  std::unique_lock lock{mutex_};
  changed_.wait_for(lock, limit, [&] { return !parts_.empty() || ended_; });
  if (parts_.empty()) return nullptr;
  auto taken = std::move(parts_.front());
  parts_.pop_front();
  held_ -= taken->text_size;
  lock.unlock();
  changed_.notify_all();
  return taken;
}

bool import_thread::at_end() const {
  const std::scoped_lock lock{mutex_};
  return ended_ && parts_.empty();
}

std::optional<error> import_thread::failure() const {
  const std::scoped_lock lock{mutex_};
  return failure_;
}

void import_thread::run() {
  auto read = read_all();
  const std::scoped_lock lock{mutex_};
  if (!read) failure_ = read.error();
  ended_ = true;
  changed_.notify_all();
}

result<void> import_thread::read_all() {
  const auto ending = [this] { return ending_.load(); };
  while (!reader_.stopped()) {
    auto got = source_.read(reader_.room(), ending);
    if (!got) return got.error();
    if (got->how == state::ended) return {};
    if (got->how == state::bytes) reader_.took(got->size);
    if (got->how == state::at_end && !waits_for_more(*got)) {
      reader_.end();
      push(reader::hurry::now);
      return {};
    }
    const bool at_rest = got->how != state::bytes || !source_.has_more();
    push(options_.follow && at_rest ? reader::hurry::now : reader::hurry::full_parts);
    if (got->how != state::at_end) continue;
    if (auto there = source_.is_still_there(); !there) return there;
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, look_again, ending);
  }
  return {};
}

bool import_thread::waits_for_more(const import_source::piece& got) const {
  return options_.follow && got.how == state::at_end && source_.can_grow();
}

/// Waits for room: the parts that nobody took are bounded by their bytes.
void import_thread::push(reader::hurry hurry) {
  while (auto part = reader_.next(hurry)) {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return parts_.empty() || held_ < held_size_max || ending_; });
    held_ += part->text_size;
    parts_.push_back(std::move(part));
    lock.unlock();
    changed_.notify_all();
  }
}

}  // namespace millrace
