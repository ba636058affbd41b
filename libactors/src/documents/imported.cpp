#include "documents/imported.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "documents/text.hpp"

namespace millrace::documents {
namespace {

std::string hex_of(std::string_view bytes) {
  std::string made;
  made.reserve(2 * bytes.size());
  for (const char byte : bytes) made += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return made;
}

std::optional<std::uint64_t> number_of_hex(std::string_view text) {
  if (text.empty() || text.size() > 16) return std::nullopt;
  std::uint64_t made = 0;
  for (const char c : text) {
    const auto digit = std::string_view{"0123456789abcdef"}.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    made = made << 4 | digit;
  }
  return made;
}

std::optional<std::string> bytes_of(std::string_view hex) {
  std::string made;
  for (; hex.size() >= 2; hex.remove_prefix(2)) {
    const auto byte = number_of_hex(hex.substr(0, 2));
    if (!byte) return std::nullopt;
    made += static_cast<char>(*byte);
  }
  return hex.empty() ? std::optional{made} : std::nullopt;
}

std::string_view format_of(const v1::Import& of) { return name_of(reading_of(of, {}).shape); }

}  // namespace

json json_of(const import_report& of, double seconds) {
  json made = {{"import", of.now.number()},
               {"events", of.now.events() - of.before.events()},
               {"checkpoints", of.now.checkpoints() - of.before.checkpoints()},
               {"ignored", of.now.ignored() - of.before.ignored()},
               {"skipped", of.skipped},
               {"lines", of.now.lines() - of.before.lines()},
               {"lines_before", of.before.lines()},
               {"bytes", of.now.offset() - of.before.offset()},
               {"format", format_of(of.now)},
               {"tail", of.tail.value},
               {"seconds", seconds}};
  made["bad"] = json::array();
  for (const auto& bad : of.bad) made["bad"].push_back({{"line", bad.number}, {"why", bad.why}});
  return made;
}

std::string imported_in_words(const json& of) {
  const auto number = [&](const char* name) { return of.at(name).get<std::uint64_t>(); };
  const auto events = number("events");
  const double seconds = std::max(of.at("seconds").get<double>(), 1e-6);
  auto text =
      fmt::format("{} and {} imported in {:.2f} s, {}/s", counted(events, "event"),
                  counted(number("checkpoints"), "checkpoint"), seconds,
                  grouped(static_cast<std::uint64_t>(static_cast<double>(events) / seconds)));
  if (number("lines_before") > 0) {
    text += fmt::format("; {} before", counted(number("lines_before"), "line"));
  }
  if (number("ignored") > 0)
    text += fmt::format("; {} ignored", counted(number("ignored"), "line"));
  if (number("skipped") > 0) {
    text += fmt::format("; {} skipped", counted(number("skipped"), "bad line"));
  }
  return text;
}

json json_of(const v1::Import& of) {
  return {{"import", of.number()},
          {"format", format_of(of)},
          {"bytes", of.offset()},
          {"lines", of.lines()},
          {"events", of.events()},
          {"checkpoints", of.checkpoints()},
          {"ignored", of.ignored()},
          {"skipped", of.skipped()},
          {"begin", of.begin()},
          {"end", of.end()},
          {"beginning", hex_of(of.beginning())},
          {"recent_size", of.recent_size()},
          {"recent_hash", fmt::format("{:016x}", of.recent_hash())}};
}

result<v1::Import> import_of(const json& shown) {
  v1::Import made;
  const error wrong{errc::corrupt, "this is no import as GET /v1/imports shows one"};
  try {
    const auto number = [&](const char* name) { return shown.at(name).get<std::uint64_t>(); };
    const auto beginning = bytes_of(shown.at("beginning").get<std::string>());
    const auto hash = number_of_hex(shown.at("recent_hash").get<std::string>());
    if (!beginning || !hash) return wrong;
    made.set_number(number("import"));
    made.set_offset(number("bytes"));
    made.set_lines(number("lines"));
    made.set_beginning(*beginning);
    made.set_recent_size(number("recent_size"));
    made.set_recent_hash(*hash);
  } catch (const json::exception&) {
    return wrong;
  }
  return made;
}

}  // namespace millrace::documents
