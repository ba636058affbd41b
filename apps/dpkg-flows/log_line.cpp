#include "dpkg-flows/log_line.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "dpkg-flows/logged_time.hpp"

namespace dpkg_flows {
namespace {

using millrace::errc;
using millrace::error;
using millrace::result;
using words = std::span<const std::string_view>;

constexpr std::size_t name_size_max = 200;
constexpr std::string_view none = "<none>";

constexpr std::array<std::pair<PackageAction, std::string_view>, 7> actions{{
    {INSTALL, "install"},
    {UPGRADE, "upgrade"},
    {CONFIGURE, "configure"},
    {TRIGPROC, "trigproc"},
    {REMOVE, "remove"},
    {PURGE, "purge"},
    {DISAPPEAR, "disappear"},
}};

constexpr std::array<std::pair<PackageStatus, std::string_view>, 8> statuses{{
    {NOT_INSTALLED, "not-installed"},
    {CONFIG_FILES, "config-files"},
    {HALF_INSTALLED, "half-installed"},
    {UNPACKED, "unpacked"},
    {HALF_CONFIGURED, "half-configured"},
    {TRIGGERS_AWAITED, "triggers-awaited"},
    {TRIGGERS_PENDING, "triggers-pending"},
    {INSTALLED, "installed"},
}};

template <class Table>
auto value_of(const Table& table, std::string_view word) {
  const auto found = std::ranges::find(table, word, [](const auto& row) { return row.second; });
  using value = typename Table::value_type::first_type;
  return found == table.end() ? std::optional<value>{} : std::optional<value>{found->first};
}

template <class Table, class Value>
std::string_view word_in(const Table& table, Value value) {
  const auto found = std::ranges::find(table, value, [](const auto& row) { return row.first; });
  return found == table.end() ? std::string_view{} : found->second;
}

error bad(std::string why) { return {errc::invalid, std::move(why)}; }

bool is_word(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

bool is_name(std::string_view text) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  return !text.empty() && text.size() <= name_size_max && letter(text.front()) &&
         std::ranges::all_of(text, [&](char c) {
           return letter(c) || std::string_view{"+-._"}.find(c) != std::string_view::npos;
         });
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto space = text.find(' ');
    parts.push_back(text.substr(0, space));
    if (space == std::string_view::npos) return parts;
    text.remove_prefix(space + 1);
  }
}

/// Fills package and architecture.
template <class E>
bool set_package(E& event, std::string_view text) {
  const auto colon = text.find(':');
  const auto name = text.substr(0, colon);
  if (!is_name(name)) return false;
  event.set_package(std::string{name});
  if (colon == std::string_view::npos) return true;
  const auto architecture = text.substr(colon + 1);
  event.set_architecture(std::string{architecture});
  return is_name(architecture);
}

std::string version_of(std::string_view word) { return word == none ? "" : std::string{word}; }
std::string_view or_none(const std::string& version) { return version.empty() ? none : version; }

result<log_line> startup(const logged_time& at, words rest) {
  if (rest.size() != 2 || !is_word(rest[0]) || !is_word(rest[1])) {
    return bad("`startup` is followed by two words, as in `startup archives unpack`");
  }
  DpkgStarted line;
  *line.mutable_logged_at() = at;
  line.set_subject(std::string{rest[0]});
  line.set_task(std::string{rest[1]});
  return log_line{std::move(line)};
}

result<log_line> action(const logged_time& at, PackageAction what, words rest) {
  PackageActionTaken line;
  if (rest.size() != 3 || !is_word(rest[1]) || !is_word(rest[2])) {
    return bad(fmt::format("`{}` is followed by a package and two versions", word_of(what)));
  }
  if (!set_package(line, rest[0])) return bad(fmt::format("`{}` is no package name", rest[0]));
  *line.mutable_logged_at() = at;
  line.set_action(what);
  line.set_old_version(version_of(rest[1]));
  line.set_new_version(version_of(rest[2]));
  return log_line{std::move(line)};
}

result<log_line> status(const logged_time& at, words rest) {
  if (rest.size() != 3 || !is_word(rest[2])) {
    return bad("`status` is followed by a status, a package and a version");
  }
  const auto reached = value_of(statuses, rest[0]);
  if (!reached) return bad(fmt::format("`{}` is no package status", rest[0]));
  PackageStatusChanged line;
  if (!set_package(line, rest[1])) return bad(fmt::format("`{}` is no package name", rest[1]));
  *line.mutable_logged_at() = at;
  line.set_status(*reached);
  line.set_version(version_of(rest[2]));
  return log_line{std::move(line)};
}

/// The path may hold spaces, so it is what stands between.
result<log_line> conffile(const logged_time& at, std::string_view rest) {
  const auto space = rest.rfind(' ');
  if (space == std::string_view::npos)
    return bad("`conffile` is followed by a path and a decision");
  const auto path = rest.substr(0, space), decision = rest.substr(space + 1);
  if (path.empty() || path.front() != '/') return bad("a conffile is a path from the root");
  if (decision != "install" && decision != "keep") {
    return bad(fmt::format("`{}` is no decision: install or keep", decision));
  }
  ConffileDecided line;
  *line.mutable_logged_at() = at;
  line.set_path(std::string{path});
  line.set_decision(std::string{decision});
  return log_line{std::move(line)};
}

/// Size of the UTF-8 sequence that begins here; 0 when none does.
std::size_t sequence_size(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xc0u) == 0x80u; };
  const unsigned first = byte(0), second = byte(1);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first < 0xe0) return follows(1) ? 2 : 0;
  if (first >= 0xe0 && first < 0xf0) {
    const bool overlong = first == 0xe0 && second < 0xa0;
    const bool surrogate = first == 0xed && second >= 0xa0;
    return follows(1) && follows(2) && !overlong && !surrogate ? 3 : 0;
  }
  const bool in_range = first >= 0xf0 && first < 0xf5 && !(first == 0xf0 && second < 0x90) &&
                        !(first == 0xf4 && second >= 0x90);
  return in_range && follows(1) && follows(2) && follows(3) ? 4 : 0;
}

/// UTF-8 without control characters: what a Protobuf string can hold and a terminal can show.
bool is_text(std::string_view line) {
  while (!line.empty()) {
    const auto size = sequence_size(line);
    if (size == 0 || (size == 1 && (line[0] < ' ' || line[0] == 0x7f))) return false;
    line.remove_prefix(size);
  }
  return true;
}

}  // namespace

result<log_line> parse_line(std::string_view text) {
  if (text.size() > line_size_max) return bad("the line is longer than 8,192 bytes");
  if (!is_text(text)) return bad("the line is not UTF-8 text, or holds control characters");
  const auto at = parse_logged_time(text.substr(0, 19));
  if (!at || text.size() < 21 || text[19] != ' ') {
    return bad("the line does not begin with a time like `2026-11-22 12:42:01 `");
  }
  const auto rest = text.substr(20);
  const auto parts = split(rest);
  const words after = words{parts}.subspan(1);
  if (parts[0] == "startup") return startup(*at, after);
  if (parts[0] == "status") return status(*at, after);
  if (parts[0] == "conffile") return conffile(*at, rest.substr(std::min(rest.size(), 9ul)));
  if (const auto what = value_of(actions, parts[0])) return action(*at, *what, after);
  return bad(fmt::format("`{}` is nothing that dpkg logs", parts[0]));
}

std::string to_text(const DpkgStarted& line) {
  return fmt::format("{} startup {} {}", to_text(line.logged_at()), line.subject(), line.task());
}

std::string to_text(const PackageActionTaken& line) {
  return fmt::format("{} {} {} {} {}", to_text(line.logged_at()), word_of(line.action()),
                     full_name(line), or_none(line.old_version()), or_none(line.new_version()));
}

std::string to_text(const PackageStatusChanged& line) {
  return fmt::format("{} status {} {} {}", to_text(line.logged_at()), word_of(line.status()),
                     full_name(line), or_none(line.version()));
}

std::string to_text(const ConffileDecided& line) {
  return fmt::format("{} conffile {} {}", to_text(line.logged_at()), line.path(), line.decision());
}

std::string to_text(const log_line& line) {
  return std::visit([](const auto& one) { return to_text(one); }, line);
}

const google::protobuf::Timestamp& logged_at(const log_line& line) {
  return std::visit([](const auto& one) -> decltype(auto) { return one.logged_at(); }, line);
}

millrace::new_event to_event(const log_line& line) {
  return std::visit([](const auto& one) { return millrace::new_event::of(one); }, line);
}

std::string_view word_of(PackageAction action) { return word_in(actions, action); }
std::string_view word_of(PackageStatus status) { return word_in(statuses, status); }

}  // namespace dpkg_flows
