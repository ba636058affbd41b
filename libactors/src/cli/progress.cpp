#include "cli/progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "documents/text.hpp"

namespace millrace::cli {

using namespace documents;
namespace {

using namespace std::chrono_literals;

constexpr auto draw_interval = 100ms;
constexpr std::size_t bar_width = 24;

std::string time_left(double seconds) {
  const auto whole = std::llround(seconds);
  if (whole < 60) return fmt::format("{} s left", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s left", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min left", whole / 3600, whole / 60 % 60);
}

}  // namespace

std::string progress_line(const std::string& what, const progress_state& state, std::size_t width) {
  const double seconds = std::max(state.elapsed.count(), 0.001);
  const double rate = static_cast<double>(state.done) / seconds;
  std::string text = what + "  ";
  if (state.total > 0) {
    const double part =
        std::min(1.0, static_cast<double>(state.done) / static_cast<double>(state.total));
    const auto full = static_cast<std::size_t>(part * static_cast<double>(bar_width));
    text += fmt::format("[{}{}] {:3.0f} %  ", std::string(full, '#'),
                        std::string(bar_width - full, '.'), part * 100);
  }
  text += fmt::format("{}  {}/s", counted(state.done, "event"),
                      grouped(static_cast<std::uint64_t>(rate)));
  if (state.total > state.done && rate > 0 && state.elapsed > 500ms) {
    text += "  " + time_left(static_cast<double>(state.total - state.done) / rate);
  }
  return shorten(text, width);
}

progress::progress(std::string what, bool visible, std::size_t width)
    : what_(std::move(what)), visible_(visible), width_(width) {}

void progress::tell(std::uint64_t done, std::uint64_t total) {
  if (!visible_) return;
  const auto now = clock::now();
  if (now - last_ < draw_interval) return;
  last_ = now;
  const auto line = progress_line(what_, {done, total, now - begin_}, width_ > 1 ? width_ - 1 : 0);
  std::fputs(("\r\x1b[K" + line).c_str(), stderr);
  std::fflush(stderr);
  drawn_ = true;
}

void progress::wipe() {
  if (!drawn_) return;
  std::fputs("\r\x1b[K", stderr);
  std::fflush(stderr);
  drawn_ = false;
}

std::chrono::duration<double> progress::elapsed() const { return clock::now() - begin_; }

}  // namespace millrace::cli
