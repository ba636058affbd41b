#include "dpkg-flows/log_files.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>

namespace dpkg_flows {
namespace {

namespace fs = std::filesystem;
using millrace::errc;
using millrace::error;
using millrace::result;

constexpr std::string_view base = "dpkg.log";
constexpr std::string_view packed = ".gz";
constexpr std::uint64_t latest_date = 99'999'999;

std::string_view unpacked_name(std::string_view name) {
  return name.ends_with(packed) ? name.substr(0, name.size() - packed.size()) : name;
}

/// What follows the last `.` or `-`, when that is a number.
std::optional<std::uint64_t> last_number(std::string_view name) {
  const auto mark = name.find_last_of(".-");
  if (mark == std::string_view::npos) return std::nullopt;
  const auto digits = name.substr(mark + 1);
  std::uint64_t value = 0;
  const auto [end, wrong] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  const bool whole = wrong == std::errc{} && end == digits.data() + digits.size();
  return whole ? std::optional{value} : std::nullopt;
}

/// None: no regular file.
std::optional<log_file> look_at(const fs::path& path) {
  struct stat seen = {};
  if (::stat(path.c_str(), &seen) != 0 || !S_ISREG(seen.st_mode)) return std::nullopt;
  std::error_code unknown;
  return log_file{path, seen.st_dev, seen.st_ino, static_cast<std::uint64_t>(seen.st_size),
                  fs::last_write_time(path, unknown)};
}

result<void> add_directory(const fs::path& directory, std::vector<log_file>& found) {
  std::error_code wrong;
  std::vector<fs::path> names;
  for (const auto& entry : fs::directory_iterator{directory, wrong}) {
    if (is_log_name(entry.path().filename().string())) names.push_back(entry.path());
  }
  if (wrong) {
    return error{errc::not_found, fmt::format("{}: {}", directory.string(), wrong.message())};
  }
  std::ranges::sort(names);  // a directory has no order of its own
  const auto before = found.size();
  for (const auto& path : names) {
    if (auto file = look_at(path)) found.push_back(std::move(*file));
  }
  if (found.size() > before) return {};
  return error{errc::not_found, fmt::format("no dpkg.log in {}", directory.string())};
}

bool is_packed_twin(const log_file& file, const std::vector<log_file>& all) {
  const auto name = file.path.string();
  return name.ends_with(packed) && std::ranges::any_of(all, [&](const log_file& other) {
           return other.path.string() == unpacked_name(name);
         });
}

bool is_same_file(const log_file& a, const log_file& b) {
  return a.device == b.device && a.inode == b.inode;
}

std::vector<log_file> without_doubles(const std::vector<log_file>& all) {
  std::vector<log_file> kept;
  for (const auto& file : all) {
    const bool known =
        std::ranges::any_of(kept, [&](const log_file& other) { return is_same_file(file, other); });
    if (!known && !is_packed_twin(file, all)) kept.push_back(file);
  }
  return kept;
}

}  // namespace

std::uint64_t age_of(std::string_view file_name) {
  const auto number = last_number(unpacked_name(file_name));
  if (!number) return 0;
  const bool date = *number >= 19'000'000 && *number <= latest_date;
  return date ? latest_date + 1 - *number : *number;
}

bool is_log_name(std::string_view file_name) {
  const auto name = unpacked_name(file_name);
  if (!name.starts_with(base)) return false;
  const auto rest = name.substr(base.size());
  if (rest.empty()) return true;
  return rest.find_first_of(".-") == 0 && rest.find_last_of(".-") == 0 && last_number(name);
}

result<std::vector<log_file>> find_log_files(const std::vector<fs::path>& places) {
  std::vector<log_file> found;
  for (const auto& place : places) {
    std::error_code wrong;
    if (fs::is_directory(place, wrong)) {
      if (auto added = add_directory(place, found); !added) return added.error();
    } else if (auto file = look_at(place)) {
      found.push_back(std::move(*file));
    } else {
      return error{errc::not_found, fmt::format("no such log file: {}", place.string())};
    }
  }
  auto kept = without_doubles(found);
  std::ranges::stable_sort(kept, std::ranges::greater{}, [](const log_file& file) {
    return age_of(file.path.filename().string());
  });
  return kept;
}

}  // namespace dpkg_flows
