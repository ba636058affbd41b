// Payloads as JSON, both ways.
#include "wire/json.hpp"

#include <fmt/format.h>
#include <google/protobuf/arena.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/utf8.hpp"
#include "wire/json_syntax.hpp"
#include "wire/type_registry.hpp"
#include "wire/window.hpp"

namespace millrace {
namespace {

constexpr std::size_t shown_size_max = 512;

/// As error text: a library's message may quote any part of the input.
error undecodable(std::string_view why) {
  return {errc::undecodable, to_utf8(why, shown_size_max)};
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t three = 0;
    for (std::size_t j = i; j < i + 3; ++j) {
      three = three << 8 | (j < bytes.size() ? static_cast<std::uint8_t>(bytes[j]) : 0u);
    }
    for (unsigned shift : {18u, 12u, 6u, 0u}) text.push_back(digits[three >> shift & 63u]);
  }
  const auto missing = (3 - bytes.size() % 3) % 3;
  std::fill(text.end() - static_cast<std::ptrdiff_t>(missing), text.end(), '=');
  return text;
}

/// JSON has no line breaks inside of strings, so these are all between tokens.
std::string on_one_line(std::string_view json) {
  std::string line{json};
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return line;
}

/// The quick look answers nearly always; what it does not take may still be JSON.
bool is_json(std::string_view text) { return is_plain_json(text) || nlohmann::json::accept(text); }

}  // namespace

result<void> check_json(std::string_view text) {
  if (is_json(text)) return {};
  try {
    [[maybe_unused]] const auto parsed = nlohmann::json::parse(text);
  } catch (const nlohmann::json::exception& wrong) {
    // "[json.exception.parse_error.101] parse error at line 1…": the number is the library's own.
    std::string_view what = wrong.what();
    if (const auto end = what.find("] "); what.starts_with("[json") && end != what.npos) {
      what.remove_prefix(end + 2);
    }
    return undecodable(fmt::format("not JSON: {}", what));
  }
  return undecodable("not JSON");
}

result<void> message_from_json(std::string_view text, google::protobuf::Message& body) {
  const auto status =
      google::protobuf::util::JsonStringToMessage({text.data(), text.size()}, &body);
  if (status.ok()) return {};
  return undecodable(fmt::format("the JSON is not a {}: {}", body.GetDescriptor()->name(),
                                 std::string{status.message()}));
}

std::string message_to_json(const google::protobuf::Message& body) {
  std::string text;
  if (!google::protobuf::util::MessageToJsonString(body, &text).ok()) return {};
  return text;
}

result<std::string> type_registry::from_json(std::string_view type, std::string_view json) const {
  const auto* prototype = find(type);
  if (prototype == nullptr) {
    return error{errc::unknown_type, fmt::format("no flow here observes {}", type)};
  }
  if (auto checked = check_json(json); !checked) return checked.error();
  google::protobuf::Arena arena;
  auto& body = *prototype->New(&arena);
  if (auto read = message_from_json(json, body); !read) return read.error();
  return body.SerializeAsString();
}

result<std::string> type_registry::to_json(std::string_view type, std::string_view content_type,
                                           std::string_view payload) const {
  if (content_type == content_type_json) {
    if (!is_json(payload)) {
      return undecodable(fmt::format("the payload of {} is not JSON", type));
    }
    return on_one_line(payload);
  }
  const auto* prototype = find(type);
  if (prototype == nullptr || !content_type.empty()) return '"' + base64(payload) + '"';
  google::protobuf::Arena arena;
  auto& body = *prototype->New(&arena);
  std::string text;
  if (!decode_payload({}, payload, body) ||
      !google::protobuf::util::MessageToJsonString(body, &text).ok()) {
    return undecodable(fmt::format("the payload does not decode as {}", type));
  }
  return text;
}

}  // namespace millrace
