#include "service/url.hpp"

#include <algorithm>

#include "base/utf8.hpp"

namespace millrace::service {
namespace {

constexpr std::string_view unreserved = "-._~";
constexpr std::string_view digits = "0123456789ABCDEF";

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

enum class plus { itself, space };

result<std::string> unescaped(std::string_view text, plus means) {
  std::string made;
  made.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      made += text[i] == '+' && means == plus::space ? ' ' : text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex(text[i + 2]) : -1;
    if (high < 0 || low < 0) {
      return error{errc::invalid, "a % in the address is not followed by two hexadecimal digits"};
    }
    made += static_cast<char>(high << 4 | low);
    i += 2;
  }
  if (!is_utf8(made)) return error{errc::invalid, "the address is not UTF-8"};
  return made;
}

template <class Part>
result<void> each_part(std::string_view text, char separator, const Part& part) {
  for (;;) {
    const auto end = text.find(separator);
    if (auto taken = part(text.substr(0, end)); !taken) return taken;
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
}

}  // namespace

result<url> parse_url(std::string_view target) {
  if (target.empty() || target.front() != '/') {
    return error{errc::invalid, "the address of a request begins with a slash"};
  }
  target = target.substr(0, target.find('#'));
  const auto question = target.find('?');
  url made;
  auto read = each_part(target.substr(1, question - 1), '/', [&](std::string_view part) {
    auto segment = unescaped(part, plus::itself);
    if (!segment) return result<void>{segment.error()};
    made.path.push_back(std::move(*segment));
    return result<void>{};
  });
  if (!read) return read.error();
  if (question == std::string_view::npos) return made;
  read = each_part(target.substr(question + 1), '&', [&](std::string_view part) {
    if (part.empty()) return result<void>{};
    const auto equals = part.find('=');
    auto name = unescaped(part.substr(0, equals), plus::space);
    if (!name) return result<void>{name.error()};
    auto value = unescaped(equals == part.npos ? "" : part.substr(equals + 1), plus::space);
    if (!value) return result<void>{value.error()};
    made.query.emplace_back(std::move(*name), std::move(*value));
    return result<void>{};
  });
  if (!read) return read.error();
  return made;
}

std::string escaped(std::string_view name) {
  std::string made;
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       unreserved.find(c) != std::string_view::npos;
    const auto byte = static_cast<unsigned char>(c);
    if (plain) {
      made += c;
    } else {
      made.append({'%', digits[byte >> 4], digits[byte & 15]});
    }
  }
  return made;
}

std::optional<std::string_view> find(const std::vector<field>& fields, std::string_view name) {
  const auto at = std::find_if(fields.begin(), fields.end(),
                               [&](const field& one) { return one.first == name; });
  if (at == fields.end()) return std::nullopt;
  return at->second;
}

}  // namespace millrace::service
