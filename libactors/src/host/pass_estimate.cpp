#include "host/pass_estimate.hpp"

#include <algorithm>

namespace millrace {
namespace {

constexpr double passes_max = 10'000;
constexpr double fits_min = 1 / passes_max;
// Before this much of the timeline was read, what was gathered says little.
constexpr double read_min = 0.002;

/// Of all hashes.
double share_of(hash_range range) {
  constexpr double all = 18446744073709551616.0;
  return (static_cast<double>(range.last) - static_cast<double>(range.first)) / all;
}

/// What a pass takes of what is left: it halves that until it fits, as gathering does.
double taken_of(double left, double fits) {
  while (left > fits) left /= 2;
  return left;
}

double passes_for(double left, double fits) {
  double passes = 0;
  for (; left > fits_min / 2 && passes < passes_max; ++passes) left -= taken_of(left, fits);
  return passes;
}

}  // namespace

void pass_estimate::gathered(const gathered_part& at) {
  read_ = std::min(1.0, at.read);
  takes_ = share_of(at.covers);
  if (read_ < read_min || at.full <= 0) return;
  fits_ = std::max(fits_min, takes_ * read_ / at.full);
  if (read_ < 1) takes_ = taken_of(takes_, fits_);
}

void pass_estimate::ended(hash_range covered, pass_times took) {
  const double share = share_of(covered);
  if (took.gathering.count() > 0 && share > 0) {
    comparing_ = took.comparing.count() / share / took.gathering.count();
  }
  covered_ += share;
  ++passes_ended_;
  read_ = compared_ = 0;
  takes_ = taken_of(std::max(0.0, 1 - covered_), fits_);
}

double pass_estimate::done() {
  const double later = passes_for(std::max(0.0, 1 - covered_ - takes_), fits_);
  const double all = passes_ended_ + 1 + later + comparing_;
  const double work = passes_ended_ + read_ + comparing_ * (covered_ + takes_ * compared_);
  shown_ = std::max(shown_, std::min(1.0, work / all));
  return shown_;
}

}  // namespace millrace
