#include "service/job_desk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <exception>

#include "base/service_limits.hpp"
#include "base/time_text.hpp"

namespace millrace::service {

using documents::json;

struct job_desk::job {
  job(std::uint64_t its_number, std::string what, const clock& now)
      : number(its_number),
        does(std::move(what)),
        time(now),
        started(now.now()),
        started_steady(now.steady()) {}

  std::uint64_t number;
  std::string does;
  const clock& time;
  timestamp started;  // of the calendar
  timestamp started_steady;
  job_teller tells{};

  // Under the teller's guard.
  std::optional<duration> took{};  // none: under way
  std::optional<result<json>> outcome{};
};

void job_teller::find(const std::string& subject, const std::string& what) {
  const std::lock_guard locked{guard_};
  if (++found_ <= limits::job_findings_max) findings_.emplace_back(subject, what);
}

result<std::uint64_t> job_desk::start(std::string does, const clock& time, work what) {
  const std::lock_guard locked{guard_};
  if (stopping_) return error{errc::closed, "the service is ending"};
  if (!all_.empty()) {
    auto& newest = *all_.back();
    const std::lock_guard looked{newest.tells.guard_};
    if (!newest.took) {
      return error{errc::conflict,
                   fmt::format("{} is under way: job {}", newest.does, newest.number)};
    }
  }
  if (thread_.joinable()) thread_.join();
  auto made = std::make_shared<job>(++last_, std::move(does), time);
  thread_ = std::thread{[made, what = std::move(what)] { run(*made, what); }};
  all_.push_back(made);
  if (all_.size() > limits::jobs_kept) all_.pop_front();
  return made->number;
}

/// Nothing that it throws may end the process.
void job_desk::run(job& of, const work& what) {
  result<json> outcome = error{errc::broken, "it failed for a reason that was not given"};
  try {
    outcome = what(of.tells);
  } catch (const std::exception& thrown) {
    outcome = error{errc::broken, thrown.what()};
  } catch (...) {
    static_cast<void>(outcome);
  }
  const std::lock_guard locked{of.tells.guard_};
  of.outcome = std::move(outcome);
  of.took = of.time.steady() - of.started_steady;
}

/// Under the teller's guard.
json job_desk::standing_of(job& of) {
  const auto took = of.took.value_or(of.time.steady() - of.started_steady);
  const bool failed = of.outcome && !*of.outcome;
  json made = {{"job", of.number},
               {"does", of.does},
               {"state", !of.outcome ? "running"
                         : failed    ? "failed"
                                     : "done"},
               {"started", to_text(of.started)},
               {"seconds", std::chrono::duration<double>(took).count()},
               {"done", of.tells.done_.load()},
               {"total", of.tells.total_.load()},
               {"found", of.tells.found_},
               {"result", of.outcome && *of.outcome ? **of.outcome : json(nullptr)},
               {"problem", nullptr}};
  if (failed) {
    const auto& why = of.outcome->error();
    made["problem"] = {{"error", to_string(why.code)}, {"detail", why.message}};
  }
  return made;
}

std::optional<json> job_desk::show(std::uint64_t number, std::uint64_t after,
                                   std::size_t most) const {
  std::shared_ptr<job> found;
  {
    const std::lock_guard locked{guard_};
    for (const auto& each : all_) {
      if (each->number == number) found = each;
    }
  }
  if (!found) return std::nullopt;
  const std::lock_guard locked{found->tells.guard_};
  auto made = standing_of(*found);
  const auto& all = found->tells.findings_;
  const auto begin = std::min<std::uint64_t>(after, all.size());
  const auto end = std::min<std::uint64_t>(all.size(), begin + most);
  made["findings"] = json::array();
  for (auto i = begin; i < end; ++i) {
    made["findings"].push_back({{"subject", all[i].first}, {"finding", all[i].second}});
  }
  made["after"] = end;
  return made;
}

std::vector<json> job_desk::list() const {
  std::vector<json> made;
  const std::lock_guard locked{guard_};
  for (auto each = all_.rbegin(); each != all_.rend(); ++each) {
    const std::lock_guard looked{(*each)->tells.guard_};
    made.push_back(standing_of(**each));
  }
  return made;
}

void job_desk::stop() {
  {
    const std::lock_guard locked{guard_};
    stopping_ = true;
    if (!all_.empty()) all_.back()->tells.ends_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

}  // namespace millrace::service
