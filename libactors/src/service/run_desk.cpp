#include "service/run_desk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <ostream>
#include <sstream>
#include <thread>
#include <utility>

#include "base/service_limits.hpp"
#include "base/text_buffer.hpp"
#include "base/utf8.hpp"
#include "documents/event.hpp"

namespace millrace::service {
namespace {

/// The size of `text` without the beginning of a character at its end.
std::size_t size_of_whole(std::string_view text) {
  constexpr std::size_t rest_max = 3;
  for (std::size_t back = 1; back <= std::min(rest_max, text.size()); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if ((byte & 0xc0) == 0x80) continue;
    const std::size_t wanted = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return wanted > back ? text.size() - back : text.size();
  }
  return text.size();
}

}  // namespace

/// One command; shared by its thread, who reads, and the desk.
class run_desk::run {
 public:
  run(const application::command& which, const wish& wanted)
      : which_(which),
        in_(wanted.input),
        call_{.arguments = wanted.arguments,
              .directory = wanted.directory,
              .in = in_,
              .out = out_,
              .err = err_,
              .shows_progress = wanted.shows_progress,
              .ends = [this] { return ends_.load(); }} {
    err_.setf(std::ios::unitbuf);
  }

  [[nodiscard]] result<void> check() const {
    if (!which_.needs) return {};
    auto needs = which_.needs(call_);
    return needs ? result<void>{} : result<void>{needs.error()};
  }
  void begin(host& over) {
    thread_ = std::thread{[this, &over] { work(over); }};
  }
  /// It should end, and what it writes is dropped.
  void leave() {
    ends_ = true;
    const std::lock_guard locked{guard_};
    unread_ = true;
    changed_.notify_all();
  }
  [[nodiscard]] bool has_ended() {
    const std::lock_guard locked{guard_};
    return ended_;
  }
  void join() {
    if (thread_.joinable()) thread_.join();
  }
  [[nodiscard]] bool ends_before(std::chrono::steady_clock::time_point limit) {
    std::unique_lock locked{guard_};
    return changed_.wait_until(locked, limit, [&] { return ended_; });
  }
  [[nodiscard]] const std::string& name() const { return which_.name; }

  result<std::string> piece() {
    std::unique_lock locked{guard_};
    changed_.wait_for(locked, limits::run_beat, [&] { return ended_ || !lines_.empty(); });
    changed_.notify_all();
    if (!lines_.empty()) return std::exchange(lines_, {});
    return std::string{ended_ ? "" : "\n"};
  }

 private:
  void work(host& over) {
    int code = 1;  // failed
    try {
      code = which_.run(over, call_);
    } catch (const std::exception& thrown) {
      err_ << thrown.what() << '\n';
    } catch (...) {
      err_ << which_.name << " failed for a reason that was not given\n";
    }
    out_.flush();
    err_.flush();
    const std::lock_guard locked{guard_};
    lines_ += documents::dump({{"exit", code}}) + '\n';
    ended_ = true;
    changed_.notify_all();
  }

  /// Waits while the client does not take what is there.
  bool write(const char* name, std::string& begun, std::string_view text) {
    begun += text;
    const auto size = size_of_whole(begun);
    const auto line =
        documents::dump({{name, to_utf8(std::string_view{begun}.substr(0, size), size)}}) + '\n';
    begun.erase(0, size);
    std::unique_lock locked{guard_};
    changed_.wait(locked, [&] { return unread_ || lines_.size() < limits::run_output_max; });
    if (unread_) return false;
    lines_ += line;
    changed_.notify_all();
    return true;
  }

  const application::command& which_;
  std::string out_begun_, err_begun_;  // characters
  text_buffer out_to_{[this](std::string_view text) { return write("out", out_begun_, text); }};
  text_buffer err_to_{[this](std::string_view text) { return write("err", err_begun_, text); }};
  std::istringstream in_;
  std::ostream out_{&out_to_};
  std::ostream err_{&err_to_};
  application::command_call call_;
  std::atomic<bool> ends_ = false;
  std::mutex guard_;
  std::condition_variable changed_;
  std::string lines_;
  bool unread_ = false;
  bool ended_ = false;
  std::thread thread_;
};

/// Under the guard.
void run_desk::forget_ended() {
  for (auto next = runs_.begin(); next != runs_.end();) {
    const bool ended = (*next)->has_ended();
    if (ended) (*next)->join();
    next = ended ? runs_.erase(next) : std::next(next);
  }
}

result<run_desk::reader> run_desk::start(const wish& wanted) {
  const auto which = std::find_if(commands_.begin(), commands_.end(),
                                  [&](const auto& one) { return one.name == wanted.command; });
  if (which == commands_.end()) {
    return error{errc::not_found, fmt::format("there is no command {} here", wanted.command)};
  }
  if (!which->reads_input && !wanted.input.empty()) {
    return error{errc::invalid, fmt::format("{} reads no input", wanted.command)};
  }
  auto made = std::make_shared<run>(*which, wanted);
  if (auto meant = made->check(); !meant) return meant.error();
  const std::lock_guard locked{guard_};
  if (stopping_) return error{errc::closed, "the service is ending"};
  forget_ended();
  if (runs_.size() >= limits::runs_at_once_max) {
    return error{errc::overloaded,
                 fmt::format("{} commands run here already", limits::runs_at_once_max)};
  }
  made->begin(over_);
  runs_.push_back(made);
  const std::shared_ptr<void> leaves{made.get(), [made](void*) { made->leave(); }};
  return reader{[made, leaves] { return made->piece(); }};
}

std::vector<std::string> run_desk::stop(duration grace) {
  const auto limit = std::chrono::steady_clock::now() + grace;
  const std::lock_guard locked{guard_};
  stopping_ = true;
  for (const auto& each : runs_) each->leave();
  std::vector<std::string> go_on;
  for (const auto& each : runs_) {
    if (!each->ends_before(limit)) go_on.push_back(each->name());
  }
  return go_on;
}

run_desk::~run_desk() {
  static_cast<void>(stop(duration{0}));
  for (const auto& each : runs_) each->join();
}

}  // namespace millrace::service
