#include "service/flow_count.hpp"

#include <exception>
#include <utility>

namespace millrace::service {
bool flow_count::start(std::vector<view_wish> for_views) {
  const std::scoped_lock lock{guard_};
  if (stopping_ || under_way_) return false;
  under_way_ = thread_.run([this, views = std::move(for_views)] {
    auto made = count_safely(views);
    const std::scoped_lock done{guard_};
    outcome_ = std::move(made);
    under_way_ = false;
    ended_.notify_all();
  });
  return under_way_;
}

void flow_count::wait(std::chrono::nanoseconds at_most) {
  std::unique_lock lock{guard_};
  ended_.wait_for(lock, at_most, [this] { return !under_way_; });
}

std::optional<result<counted_flows>> flow_count::take() {
  const std::scoped_lock lock{guard_};
  return std::exchange(outcome_, std::nullopt);
}

void flow_count::stop() {
  stopping_ = true;
  thread_.stop();
}

/// Nothing that is thrown may end the process.
result<counted_flows> flow_count::count_safely(const std::vector<view_wish>& views) {
  try {
    return count(views);
  } catch (const std::exception& thrown) {
    return error{errc::broken, thrown.what()};
  }
}

result<counted_flows> flow_count::count(const std::vector<view_wish>& views) {
  const auto begun = std::chrono::steady_clock::now();
  std::vector<most_important> shown{views.begin(), views.end()};
  counted_flows made;
  std::optional<position> oldest;
  auto of = count_flows(over_, [&](const flow_view& view, const flow_backlog& waits) {
    const auto place = place_of(view.row);
    for (auto& one : shown) one.see(place);
    if (waits.count > made.worst_lag) {
      made.worst_lag = waits.count;
      made.worst_flow = place.key;
    }
    if (waits.first && (!oldest || *waits.first < *oldest)) {
      oldest = waits.first;
      made.oldest_flow = place.key;
    }
    return !stopping_;
  });
  if (!of) return of.error();
  made.of = std::move(*of);
  made.oldest_time = made.of.all.oldest_time;
  made.views = {views.begin(), views.end()};
  for (const auto& one : shown) {
    for (const auto& [rank, activity, number] : one.flows()) made.to_show.insert(number);
  }
  made.took = std::chrono::steady_clock::now() - begun;
  return made;
}

}  // namespace millrace::service
