#include "documents/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace millrace::documents {
namespace {

struct code_point {
  std::uint32_t value = 0;
  std::size_t size = 1;  // bytes
  bool valid = false;
};

/// The first code point of a text that is not empty. Not valid: one byte that begins none.
code_point first_of(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < size) return {lead, 1, false};
  std::uint32_t value = lead & (0xffu >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {lead, 1, false};
    value = value << 6 | (byte(i) & 0x3fu);
  }
  const bool short_form = (size == 3 && value < 0x800) || (size == 4 && value < 0x10000);
  const bool surrogate = value >= 0xd800 && value <= 0xdfff;
  if (short_form || surrogate || value > 0x10ffff) return {lead, 1, false};
  return {value, size, true};
}

/// What makes a terminal do something, or shows text in another order than it is in.
bool is_active(std::uint32_t c) {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x061c || (c >= 0x200b && c <= 0x200f) ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

bool is_combining(std::uint32_t c) {
  return (c >= 0x0300 && c <= 0x036f) || (c >= 0x1ab0 && c <= 0x1aff) ||
         (c >= 0x20d0 && c <= 0x20ff) || (c >= 0xfe00 && c <= 0xfe0f);
}

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

std::string written_out(code_point c) {
  if (!c.valid || c.value < 0x80) {
    switch (c.value) {
      case '\n': return "\\n";
      case '\r': return "\\r";
      case '\t': return "\\t";
      default: return fmt::format("\\x{:02x}", c.value);
    }
  }
  return fmt::format("\\u{:04x}", c.value);
}

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = (a[i - 1] | 0x20) == (b[j - 1] | 0x20);
      const std::size_t replaced = diagonal + (same ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, replaced}));
    }
  }
  return row[b.size()];
}

}  // namespace

std::string inert(std::string_view text) {
  if (is_plain(text)) return std::string{text};
  std::string out;
  while (!text.empty()) {
    const code_point c = first_of(text);
    if (!c.valid || is_active(c.value)) {
      out += written_out(c);
    } else {
      out += text.substr(0, c.size);
    }
    text.remove_prefix(c.size);
  }
  return out;
}

std::string inert_json(std::string_view line) {
  if (is_plain(line)) return std::string{line};
  std::string out;
  while (!line.empty()) {
    const code_point c = first_of(line);
    if (!c.valid) {
      out += "\\ufffd";
    } else if (c.value < 0x20) {
      out += ' ';  // JSON allows those between tokens only
    } else if (is_active(c.value)) {
      out += fmt::format("\\u{:04x}", c.value);
    } else {
      out += line.substr(0, c.size);
    }
    line.remove_prefix(c.size);
  }
  return out;
}

std::size_t shown_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const code_point c = first_of(text);
    if (!c.valid || !is_combining(c.value)) ++width;
    text.remove_prefix(c.size);
  }
  return width;
}

std::string shorten(std::string_view text, std::size_t width) {
  if (width == 0 || text.size() <= width || shown_width(text) <= width) return std::string{text};
  std::size_t used = 0;
  std::size_t end = 0;
  while (end < text.size() && used + 1 < width) {
    const code_point c = first_of(text.substr(end));
    end += c.size;
    if (!c.valid || !is_combining(c.value)) ++used;
  }
  return std::string{text.substr(0, end)} + "…";
}

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t i = digits.size(); i > 3;) digits.insert(i -= 3, 1, ',');
  return digits;
}

std::string counted(std::uint64_t number, std::string_view word) {
  return fmt::format("{} {}{}", grouped(number), word, number == 1 ? "" : "s");
}

std::vector<std::string> near_names(std::string_view wanted,
                                    const std::vector<std::string>& names) {
  std::vector<std::pair<std::size_t, std::string>> ranked;
  for (const auto& name : names) {
    const std::size_t apart = distance(wanted.substr(0, 256), name);
    if (apart <= std::max<std::size_t>(2, name.size() / 3)) ranked.emplace_back(apart, name);
  }
  std::sort(ranked.begin(), ranked.end());
  if (ranked.size() > 3) ranked.resize(3);
  std::vector<std::string> nearest;
  for (auto& [apart, name] : ranked) nearest.push_back(std::move(name));
  return nearest;
}

std::string shell_quoted(std::string_view word) {
  constexpr std::string_view harmless = "-_./:@%+=,";
  const auto safe = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           harmless.find(c) != std::string_view::npos;
  };
  if (!word.empty() && std::all_of(word.begin(), word.end(), safe)) return std::string{word};
  std::string made = "'";
  for (const char c : word) made += c == '\'' ? std::string{"'\\''"} : std::string{c};
  return made + "'";
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  const bool octal = text.size() > 1 && text.front() == '0';
  if (text.empty() || octal || parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
  return value;
}

}  // namespace millrace::documents
