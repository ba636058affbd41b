#include "service/recent_figures.hpp"

#include <algorithm>
#include <cmath>

#include "base/time_text.hpp"

namespace millrace::service {
namespace {

using documents::json;
using seconds = std::chrono::duration<double>;

/// Nothing waits: its age is nothing. What was not counted yet is not known.
std::optional<double> oldest_age(const json& overview, timestamp now) {
  if (overview["counted_at"].is_null()) return std::nullopt;
  const auto& text = overview["oldest_time"];
  if (text.is_null()) return 0;
  const auto at = parse_time(text.get<std::string>());
  if (!at) return std::nullopt;
  return std::max(0.0, seconds{now - *at}.count());
}

}  // namespace

void recent_figures::add(timestamp steady, timestamp now, const json& overview) {
  sample made{.at = steady, .values = {}};
  for (std::size_t i = 0; i + 1 < names.size(); ++i) {
    const auto& value = overview[names[i]];
    if (value.is_number()) made.values[i] = value.get<double>();
  }
  made.values.back() = oldest_age(overview, now);
  samples_.push_back(made);
  while (samples_.front().at + limits::history_span < steady) samples_.pop_front();
  next_ = steady + limits::history_interval;
}

json recent_figures::json_of(timestamp steady) const {
  json made = {{"age", json::array()}};
  for (const auto& one : samples_) {
    made["age"].push_back(std::round(seconds{steady - one.at}.count() * 1000) / 1000);
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    auto& column = made[names[i]] = json::array();
    for (const auto& one : samples_) {
      column.push_back(one.values[i] ? json(*one.values[i]) : json(nullptr));
    }
  }
  return made;
}

}  // namespace millrace::service
