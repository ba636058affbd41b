#include "cli/output.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "documents/text.hpp"

namespace millrace::cli {
namespace {

constexpr std::size_t buffer_size = 64 << 10;
constexpr std::size_t rows_for_widths = 1000;

std::string_view code_of(colour with) {
  switch (with) {
    case colour::plain: return "";
    case colour::bold: return "\x1b[1m";
    case colour::dim: return "\x1b[2m";
    case colour::red: return "\x1b[31m";
    case colour::yellow: return "\x1b[33m";
    case colour::green: return "\x1b[32m";
  }
  return "";
}

}  // namespace

void output::line(std::string_view text) {
  if (problem_ != 0) return;
  buffer_.append(text).push_back('\n');
  if (buffer_.size() >= buffer_size) flush();
}

void output::json(std::string_view value) { line(inert_json(value)); }

void output::raw(std::string_view lines) {
  if (look_.width == 0) return as_it_is(lines);
  while (!lines.empty()) {
    const auto end = lines.find('\n');
    json(lines.substr(0, end));
    lines.remove_prefix(end == lines.npos ? lines.size() : end + 1);
  }
}

void output::as_it_is(std::string_view text) {
  if (problem_ != 0) return;
  buffer_.append(text);
  if (buffer_.size() >= buffer_size) flush();
}

void output::flush() {
  if (buffer_.empty() || problem_ != 0) return;
  if (!write_(buffer_)) problem_ = errno != 0 ? errno : EIO;
  buffer_.clear();
}

int output::failure() const { return problem_ == EPIPE ? 0 : problem_; }

std::string output::paint(colour with, std::string_view text) const {
  if (!look_.colour || with == colour::plain || text.empty()) return std::string{text};
  return std::string{code_of(with)}.append(text).append("\x1b[0m");
}

output::settings look_of(int descriptor) {
  output::settings look;
  if (isatty(descriptor) == 0) return look;
  const char* no_colour = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  const bool dumb = terminal == nullptr || std::string_view{terminal} == "dumb";
  look.colour = (no_colour == nullptr || *no_colour == '\0') && !dumb;
  winsize size{};
  look.width = ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
  return look;
}

output::writer writer_of(int descriptor) {
  return [descriptor](std::string_view text) {
    while (!text.empty()) {
      const auto wrote = ::write(descriptor, text.data(), text.size());
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote < 0) return false;
      text.remove_prefix(static_cast<std::size_t>(wrote));
    }
    return true;
  };
}

table::table(output& out, std::vector<column> columns)
    : out_(out), columns_(std::move(columns)), widths_(columns_.size()) {
  for (std::size_t i = 0; i < columns_.size(); ++i) widths_[i] = shown_width(columns_[i].title);
}

void table::row(std::vector<cell> cells) {
  for (auto& each : cells) each.text = inert(each.text);
  if (widths_known_) return write(cells);
  for (std::size_t i = 0; i < cells.size(); ++i) {
    widths_[i] = std::max(widths_[i], shown_width(cells[i].text));
  }
  buffered_.push_back(std::move(cells));
  if (buffered_.size() == rows_for_widths) finish();
}

void table::finish() {
  if (buffered_.empty()) return;
  widths_known_ = true;
  std::vector<cell> titles;
  for (const auto& each : columns_) titles.emplace_back(each.title, colour::bold);
  write(titles);
  for (const auto& each : buffered_) write(each);
  buffered_.clear();
}

void table::write(const std::vector<cell>& cells) {
  std::string text;
  std::size_t used = 0;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const bool last = i + 1 == cells.size();
    std::string shown = cells[i].text;
    if (last && out_.width() > 0) {
      shown = shorten(shown, out_.width() > used + 8 ? out_.width() - used : 8);
    }
    const std::size_t width = shown_width(shown);
    const std::string gap(width < widths_[i] ? widths_[i] - width : 0, ' ');
    if (columns_[i].right) text += gap;
    text += out_.paint(cells[i].with, shown);
    if (last) break;
    if (!columns_[i].right) text += gap;
    text += "  ";
    used += std::max(width, widths_[i]) + 2;
  }
  while (!text.empty() && text.back() == ' ') text.pop_back();
  out_.line(text);
}

}  // namespace millrace::cli
