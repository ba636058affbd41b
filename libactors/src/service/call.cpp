#include "service/call.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/invariant.hpp"
#include "base/service_limits.hpp"
#include "documents/event.hpp"
#include "documents/text.hpp"

namespace millrace::service {
namespace {

response look_now(const parts& of, timestamp until,
                  const std::shared_ptr<const waiting_look>& look) {
  const bool last = of.stopping || of.view.time.steady() >= until;
  if (auto made = (*look)(last)) return std::move(*made);
  response later;
  later.later = [&of, until, look] { return look_now(of, until, look); };
  return later;
}

}  // namespace

documents::source parts::source() const {
  return {
      .from = view.stored, .known = known, .look = [this](std::optional<overview::watch> inbox) {
        return overview::of(view.stored, known, std::move(inbox));
      }};
}

const std::string& call::variable(std::string_view name) const {
  const auto at = std::find_if(variables.begin(), variables.end(),
                               [&](const field& one) { return one.first == name; });
  MILLRACE_INVARIANT(at != variables.end());
  return at->second;
}

result<std::optional<std::uint64_t>> call::number(std::string_view name) const {
  const auto text = argument(name);
  if (!text) return std::optional<std::uint64_t>{};
  const auto value = documents::parse_number(*text);
  if (!value) return error{errc::invalid, fmt::format("{}={} is no such number", name, *text)};
  return value;
}

result<bool> call::flag(std::string_view name) const {
  const auto text = argument(name).value_or("false");
  if (text == "true") return true;
  if (text == "false") return false;
  return error{errc::invalid, fmt::format("{}={} is neither true nor false", name, text)};
}

result<std::optional<duration>> call::time(std::string_view name, std::chrono::seconds most) const {
  const auto text = argument(name);
  if (!text) return std::optional<duration>{};
  const bool in_millis = text->ends_with("ms");
  const auto number =
      text->ends_with('s')
          ? documents::parse_number(text->substr(0, text->size() - (in_millis ? 2 : 1)))
          : std::nullopt;
  const auto bound = static_cast<std::uint64_t>(most.count());
  if (!number || *number > (in_millis ? 1000 * bound : bound)) {
    return error{errc::invalid,
                 fmt::format("{} is a time like 5s or 500ms, {}s at most", name, bound)};
  }
  if (in_millis) return std::optional{duration{std::chrono::milliseconds{*number}}};
  return std::optional{duration{std::chrono::seconds{*number}}};
}

result<std::size_t> call::page_size() const {
  auto wanted = number("limit");
  if (!wanted) return wanted.error();
  const auto size = wanted->value_or(limits::page_usual);
  if (size == 0 || size > limits::page_max) {
    return error{errc::invalid, fmt::format("limit is a number from 1 to {}", limits::page_max)};
  }
  return static_cast<std::size_t>(size);
}

result<position> call::place() const {
  const auto& text = variable("position");
  const auto value = documents::parse_number(text);
  if (!value) return error{errc::not_found, text + " is no position"};
  return position{*value};
}

bool call::accepts(std::string_view media_type) const {
  const auto accepted = asked.header_of("accept").value_or("");
  return accepted.find(media_type) != accepted.npos;
}

std::optional<duration> call::wish_to_wait() const {
  constexpr std::string_view wait = "wait=";
  auto wishes = asked.header_of("prefer").value_or("");
  while (!wishes.empty()) {
    const auto end = wishes.find_first_of(",;");
    auto wish = wishes.substr(0, end);
    wishes.remove_prefix(end == wishes.npos ? wishes.size() : end + 1);
    while (wish.starts_with(' ')) wish.remove_prefix(1);
    while (wish.ends_with(' ')) wish.remove_suffix(1);
    if (!wish.starts_with(wait)) continue;
    // What is not understood of Prefer is ignored, as RFC 7240 has it.
    const auto seconds = documents::parse_number(wish.substr(wait.size()));
    const auto most = static_cast<std::uint64_t>(limits::call_wait_max.count());
    if (seconds) return std::chrono::seconds{std::min(*seconds, most)};
  }
  return std::nullopt;
}

bool page::add(std::string_view document) {
  if (!body_.empty()) body_ += as_lines_ ? '\n' : ',';
  body_ += document;
  return body_.size() < limits::answer_size_max;
}

response page::finish(const std::optional<std::string>& next) && {
  response made;
  if (as_lines_) {
    if (!body_.empty()) body_ += '\n';
    made.content_type = "application/x-ndjson";
    made.body = std::move(body_);
  } else {
    const auto link = next ? documents::dump(*next) : std::string{"null"};
    made.body = fmt::format("{{\"{}\":[{}],\"next\":{}}}", name_, body_, link);
  }
  if (next) made.with("link", fmt::format("<{}>; rel=\"next\"", *next));
  return made;
}

std::string target_of(const call& asked, const std::vector<field>& query) {
  std::string made;
  for (const auto& segment : asked.where.path) made += '/' + escaped(segment);
  char separator = '?';
  for (const auto& [name, value] : query) {
    made += separator + escaped(name) + '=' + escaped(value);
    separator = '&';
  }
  return made;
}

response answer_when(const parts& of, timestamp until, waiting_look look) {
  return look_now(of, until, std::make_shared<const waiting_look>(std::move(look)));
}

}  // namespace millrace::service
