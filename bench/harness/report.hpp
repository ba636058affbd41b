/// How a benchmark is asked, and how it tells what it found: rows of one table, points of plots.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace millrace::bench {

/// The same for all programs: [--full] [--rounds N] [--events N] [--json FILE] [ARGUMENT...].
struct settings {
  bool full = false;          ///< the sizes of the question, not the short form
  std::optional<int> rounds;  ///< instead of what the benchmark has for the form
  std::optional<std::uint64_t> events;
  std::string json;               ///< where the results go besides; empty: nowhere
  std::vector<std::string> rest;  ///< what a program has of its own

  [[nodiscard]] std::uint64_t events_or(std::uint64_t brief, std::uint64_t real) const {
    return events.value_or(full ? real : brief);
  }
  [[nodiscard]] int rounds_or(int brief, int real) const {
    return rounds.value_or(full ? real : brief);
  }
};

enum class wanted { at_least, at_most };

/// One line of the table. Values are one a round: ours and the baseline's of that round, in one
/// unit; their ratio, ours to bare, is what the goal is about. Without a baseline the goal is about
/// our values. Without a goal it only informs.
struct row {
  std::string question;
  std::string unit;
  std::vector<double> ours;
  std::vector<double> bare;
  std::optional<std::pair<wanted, double>> goal;
  std::string note = {};  ///< size, batch, what makes the figure readable
};

/// Values at fixed shares of all samples: exact, for every sample is kept.
struct percentiles {
  double p50 = 0, p90 = 0, p99 = 0, p999 = 0, max = 0;
};
[[nodiscard]] percentiles percentiles_of(std::vector<double> samples);
[[nodiscard]] double median_of(std::vector<double> values);

/// Collects, prints each row as it comes, and writes the JSON at the end of main.
class report {
 public:
  report(std::string program, int argc, char** argv);
  report(const report&) = delete;
  report& operator=(const report&) = delete;
  ~report();

  [[nodiscard]] const settings& asked() const { return settings_; }
  void add(row one);
  /// A point of a curve of a plot.
  void plot(const std::string& name, const std::string& curve, double x, double y);
  /// Something worth a line that has no goal.
  void say(const std::string& line);

 private:
  std::string program_;
  settings settings_;
  std::vector<row> rows_;
  std::vector<std::string> lines_;
  struct point {
    std::string plot, curve;
    double x, y;
  };
  std::vector<point> points_;
};

/// Both by turns, the order changing from round to round, so that drift of the machine hits both.
void alternate(int rounds, const std::function<void()>& ours, const std::function<void()>& bare);

}  // namespace millrace::bench
