#include "scans/shop_time.hpp"

#include <fmt/format.h>

#include <chrono>

namespace scans {
namespace {
constexpr std::int64_t day_seconds = 86'400;
}

std::string day_of(const shop_time& time) {
  using namespace std::chrono;
  const year_month_day date{floor<days>(sys_seconds{seconds{time.seconds()}})};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

std::int64_t minute_of_day(const shop_time& time) {
  const auto second = (time.seconds() % day_seconds + day_seconds) % day_seconds;
  return second / 60;
}

shop_time at_second(std::int64_t since_epoch) {
  shop_time time;
  time.set_seconds(since_epoch);
  return time;
}

}  // namespace scans
