#include "dpkg-flows/table.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace dpkg_flows {
namespace {

std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0u) != 0x80u; }));
}

}  // namespace

std::string table::text() const {
  const auto& header = rows_.front();
  std::vector<std::size_t> widths(header.size(), 0);
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string text;
  for (const auto& row : rows_) {
    std::string line = "  ";
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string space(widths[i] - width_of(row[i]), ' ');
      const bool left = i == 0 || header[i].ends_with(' ');
      line += left ? row[i] + space : space + row[i];
      line += "  ";
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

std::string bar(std::uint64_t value, std::uint64_t largest, std::size_t width) {
  if (value == 0 || largest == 0) return {};
  const auto blocks = std::max<std::uint64_t>(1, value * width / largest);
  std::string text;
  for (std::uint64_t i = 0; i < blocks; ++i) text += "█";
  return text;
}

std::string spark_line(const std::vector<std::uint64_t>& values) {
  constexpr std::array marks{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const auto largest = values.empty() ? 0 : *std::ranges::max_element(values);
  std::string text;
  for (const auto value : values) {
    text += value == 0 ? "·" : marks[(value * marks.size() - 1) / largest];
  }
  return text;
}

std::string grouped(std::uint64_t value) {
  auto text = std::to_string(value);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3) {
    text.insert(static_cast<std::size_t>(at), 1, ',');
  }
  return text;
}

std::string lasting(std::uint64_t seconds) {
  if (seconds < 60) return fmt::format("{} s", seconds);
  if (seconds < 3600) return fmt::format("{} min {:02} s", seconds / 60, seconds % 60);
  return fmt::format("{} h {:02} min", seconds / 3600, seconds / 60 % 60);
}

}  // namespace dpkg_flows
