#include "service/json_members.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/limits.hpp"
#include "documents/text.hpp"
#include "exchange/json_text.hpp"

namespace millrace::service {
namespace {

constexpr std::string_view blanks = " \t\r\n";

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(blanks);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

/// Calls `visit` with each bracket and comma that is not part of a string; false ends it.
void each_mark(std::string_view text, const std::function<bool(std::size_t at)>& visit) {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '\\') {
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && (c == ',' || c == '[' || c == ']' || c == '{' || c == '}')) {
      if (!visit(i)) return;
    }
  }
}

bool is_too_deep(std::string_view text) {
  std::size_t depth = 0;
  std::size_t most = 0;
  each_mark(text, [&](std::size_t at) {
    if (text[at] == '[' || text[at] == '{') most = std::max(most, ++depth);
    if ((text[at] == ']' || text[at] == '}') && depth > 0) --depth;
    return most <= limits::json_depth_max;
  });
  return most > limits::json_depth_max;
}

}  // namespace

result<void> check_json(std::string_view text) {
  if (is_too_deep(text)) return error{errc::invalid, "the JSON is nested too deeply"};
  if (nlohmann::json::accept(text.begin(), text.end())) return {};
  return error{errc::invalid, "this is not JSON in UTF-8"};
}

namespace {

/// What is read here has about a dozen; each is compared with all.
constexpr std::size_t members_max = 256;

}  // namespace

result<std::vector<member>> members_of(std::string_view text) {
  text = trimmed(text);
  if (auto valid = check_json(text); !valid) return valid.error();
  if (text.front() != '{') return error{errc::invalid, "this is no JSON object"};
  std::vector<member> made;
  exchange::json_walker walker{text};
  while (walker.next()) {
    if (made.size() == members_max) return error{errc::invalid, "this object has too many members"};
    auto name = nlohmann::json::parse(walker.name()).get<std::string>();
    const bool twice =
        std::any_of(made.begin(), made.end(), [&](const member& one) { return one.name == name; });
    if (twice) return error{errc::invalid, "the member " + name + " is there twice"};
    made.push_back({std::move(name), walker.value()});
  }
  return made;
}

result<void> each_value(std::string_view text,
                        const std::function<result<void>(std::string_view value)>& visit) {
  text = trimmed(text);
  if (!text.starts_with('[')) return visit(text);
  std::size_t depth = 0;
  std::size_t begin = 1;
  result<void> done;
  each_mark(text, [&](std::size_t at) {
    const char c = text[at];
    if (c == '[' || c == '{') ++depth;
    const bool ends = depth == 1 && (c == ',' || c == ']');
    if (c == ']' || c == '}') --depth;
    if (!ends) return true;
    const auto value = trimmed(text.substr(begin, at - begin));
    begin = at + 1;
    if (!value.empty()) done = visit(value);
    return static_cast<bool>(done);
  });
  return done;
}

result<std::string> text_of(const member& of) {
  if (of.value.starts_with('"')) return nlohmann::json::parse(of.value).get<std::string>();
  return error{errc::invalid, of.name + " is no text"};
}

result<std::uint64_t> number_of(const member& of) {
  const auto value = documents::parse_number(of.value);
  if (value) return *value;
  return error{errc::invalid, of.name + " is no whole number"};
}

}  // namespace millrace::service
