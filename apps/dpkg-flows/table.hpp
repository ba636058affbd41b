/// Text in columns.
#pragma once

#include <string>
#include <vector>

namespace dpkg_flows {

/// Columns are as wide as their widest cell; the first is aligned to the left, as are those whose
/// header ends with a space; the rest to the right. Widths are code points.
class table {
 public:
  explicit table(std::vector<std::string> header) : rows_{std::move(header)} {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  /// Each line begins with two spaces and ends without one.
  [[nodiscard]] std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

/// `share` of `width` blocks; at least one unless the value is 0.
[[nodiscard]] std::string bar(std::uint64_t value, std::uint64_t largest, std::size_t width);
/// One mark for each value, as high as its share of the largest; a dot for 0.
[[nodiscard]] std::string spark_line(const std::vector<std::uint64_t>& values);
/// `1,234,567`.
[[nodiscard]] std::string grouped(std::uint64_t value);
/// `2 h 03 min`, `4 min 10 s`, `7 s`.
[[nodiscard]] std::string lasting(std::uint64_t seconds);

}  // namespace dpkg_flows
