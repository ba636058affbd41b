#include "exchange/reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/invariant.hpp"
#include "base/limits.hpp"
#include "exchange/event_lines.hpp"
#include "exchange/kurrent_lines.hpp"

namespace millrace::exchange {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

/// Of the lines of a part, unless one is longer: with what has to follow them it fills a chunk.
constexpr std::size_t usual_capacity = block_pool::chunk_size - line_padding;
static_assert(usual_capacity + line_padding >= limits::part_size);

pooled_bytes buffer_of(std::size_t capacity) { return take_from_pool(capacity + line_padding); }

}  // namespace

struct reader::languages {
  json_line line;
  kurrent_lines kurrent;
  event_lines events;
};

reader::reader(reading from, reading_rules rules)
    : rules_(rules),
      at_(from),
      text_(buffer_of(usual_capacity)),
      capacity_(usual_capacity),
      languages_(std::make_unique<languages>()) {
  if (!at_.shape) at_.shape = rules.wanted;
}

reader::~reader() = default;

std::span<char> reader::room() {
  if (filled_ == capacity_) {  // a line that is longer than any before it
    const auto larger = std::min(capacity_ * 2, limits::line_size_max + usual_capacity);
    MILLRACE_INVARIANT_CMP(larger, >, filled_);
    auto grown = buffer_of(larger);
    std::memcpy(grown.get(), text_.get(), filled_);
    text_ = std::move(grown);
    capacity_ = larger;
  }
  return {text_.get() + filled_, capacity_ - filled_};
}

bool reader::is_worth(hurry wanted) const {
  return ended_ || more_ || wanted == hurry::now || filled_ == capacity_;
}

std::unique_ptr<part> reader::next(hurry wanted) {
  if (stopped_ || !is_worth(wanted)) return nullptr;
  const auto lines_before = at_.lines;
  if (in_long_line_ && !drop_long_line()) return nullptr;
  auto made = std::make_unique<part>();
  made->events.reserve(events_before_);
  const auto used = read_lines(*made);
  if (used == 0 && made->bad.empty() && at_.lines == lines_before) return nullptr;
  made->is_cut = std::exchange(is_cut_, false);
  events_before_ = made->events.size();
  made->lines = at_.lines - lines_before;
  made->stops = stopped_;
  made->after = at_;
  give_text(*made, used);
  languages_->kurrent.end_part();
  languages_->events.end_part();
  return made;
}

/// The part keeps the lines; what is left begins the next one.
void reader::give_text(part& to, std::size_t used) {
  const auto left = filled_ - used;
  const auto capacity = std::max(usual_capacity, left);
  auto fresh = buffer_of(capacity);
  std::memcpy(fresh.get(), text_.get() + used, left);
  to.text = std::exchange(text_, std::move(fresh));
  to.text_size = used;
  capacity_ = capacity;
  filled_ = left;
}

/// How many bytes of whole lines were read.
std::size_t reader::read_lines(part& into) {
  std::size_t used = 0;
  more_ = false;
  languages_->kurrent.begin_text();
  while (used < filled_) {
    more_ = used >= limits::part_size || into.events.size() >= limits::append_events_max;
    if (more_) break;
    const char* const begin = text_.get() + used;
    const auto left = filled_ - used;
    const auto* const end = static_cast<const char*>(std::memchr(begin, '\n', left));
    const auto size = end == nullptr ? left : static_cast<std::size_t>(end - begin);
    if (size > limits::line_size_max) {
      more_ = used > 0;
      if (more_) break;  // it begins a part of its own
      in_long_line_ = report(fmt::format("more than {} bytes", limits::line_size_max), into);
      break;
    }
    if (end == nullptr && !ended_) break;
    const auto bad_before = into.bad.size();
    if (!read_line({begin, size}, {begin, left}, into)) break;
    into.is_torn = end == nullptr && into.bad.size() > bad_before;
    if (into.is_torn) {  // the file may grow, and this was but the beginning of a line
      filled_ = used;
      break;
    }
    const auto taken = end == nullptr ? size : size + 1;
    used += taken;
    at_.offset += taken;
    ++at_.lines;
  }
  return used;
}

/// Drops what is there of a line over the limit. True: its end, too.
bool reader::drop_long_line() {
  const std::string_view rest{text_.get(), filled_};
  const auto end = rest.find('\n');
  const auto taken = end == std::string_view::npos ? filled_ : end + 1;
  std::memmove(text_.get(), text_.get() + taken, filled_ - taken);
  filled_ -= taken;
  dropped_ += taken;
  is_cut_ = true;
  if (end == std::string_view::npos && !ended_) return false;
  at_.offset += std::exchange(dropped_, 0);
  ++at_.lines;
  in_long_line_ = false;
  return true;
}

/// False: it is bad, and reading ends before it.
bool reader::read_line(std::string_view line, std::string_view rest, part& into) {
  if (at_.offset == 0 && line.starts_with(byte_order_mark)) {
    line.remove_prefix(byte_order_mark.size());
    rest.remove_prefix(byte_order_mark.size());
  }
  if (at_.shape == format::kurrent &&
      languages_->kurrent.read_quickly(line, rest, at_.next, into)) {
    at_.next = into.events.back().at.next();
    return true;
  }
  if (is_blank(line)) return true;
  auto why = understand(line, into);
  return !why || report(std::move(*why), into);
}

/// True: the bad line is passed over.
bool reader::report(std::string why, part& into) {
  into.bad.push_back({at_.lines + 1, std::move(why)});
  stopped_ = !rules_.skip_bad;
  return rules_.skip_bad;
}

/// Why the line is bad; none: what it says is in the part.
std::optional<std::string> reader::understand(std::string_view line, part& into) {
  if (auto why = languages_->line.parse(line)) return why;
  if (!at_.shape) at_.shape = find_format();
  if (!at_.shape) return "it is neither an event of millrace's own nor a line of a Kurrent export";
  const auto events_before = into.events.size();
  auto why = *at_.shape == format::kurrent
                 ? languages_->kurrent.read(languages_->line, at_.next, into)
                 : languages_->events.read(languages_->line, at_.next, into);
  if (into.events.size() > events_before) at_.next = into.events.back().at.next();
  return why;
}

std::optional<format> reader::find_format() const {
  if (is_kurrent(languages_->line.root())) return format::kurrent;
  if (is_event_line(languages_->line.root())) return format::events;
  return std::nullopt;
}

}  // namespace millrace::exchange
