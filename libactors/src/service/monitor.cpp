#include "service/monitor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>

#include "base/time_text.hpp"
#include "documents/event.hpp"
#include "service/view_request.hpp"

namespace millrace::service {
namespace {

using namespace std::chrono_literals;
using documents::dump;
using steady = std::chrono::steady_clock;

constexpr auto look_interval_min = 50ms;  // however many are new

std::string array_of(const std::vector<const std::string*>& documents) {
  std::string made{"["};
  for (const auto* one : documents) {
    if (made.size() > 1) made += ',';
    made += *one;
  }
  return made + ']';
}

}  // namespace

/// One who watches.
class monitor::client final : public conversation {
 public:
  client(monitor& of, std::weak_ptr<outlet> to, view_wish first)
      : out(std::move(to)), wish(std::move(first)), of_(of) {}

  void received(std::string message) override {
    auto wanted = parse_view(message);
    if (!wanted) {
      if (auto to = out.lock()) to->close(close_code::not_understood, wanted.error().message);
      return;
    }
    const std::scoped_lock lock{of_.guard_};
    wish = std::move(*wanted);
  }
  void ready() override {
    const std::scoped_lock lock{of_.guard_};
    is_ready = true;
  }
  void ended() override {
    const std::scoped_lock lock{of_.guard_};
    has_ended = true;
  }

  const std::weak_ptr<outlet> out;

  // Guarded by the monitor.
  std::optional<view_wish> wish;  ///< not looked at yet
  bool is_ready = true;
  bool has_ended = false;

  // Of the monitor's thread.
  std::optional<view_wish> view;
  bool has_rows = false;  ///< a count has shown the view what there is
  bool needs_snapshot = true;
  steady::time_point asked;  ///< for the view
  steady::time_point told;
  flow_board::moment seen = 0;
  std::uint64_t sequence = 0;

 private:
  monitor& of_;
};

void monitor::begin() {
  thread_ = std::thread{[this] { run(); }};
}

std::shared_ptr<conversation> monitor::talk_to(std::weak_ptr<outlet> to, view_wish first) {
  auto made = std::make_shared<client>(*this, std::move(to), std::move(first));
  const std::scoped_lock lock{guard_};
  clients_.push_back(made);
  hurry_ = true;
  changed_.notify_all();
  return made;
}

/// Where flows stop all the time it is no more often than else.
void monitor::hurry() {
  const auto now = steady::now();
  const std::scoped_lock lock{guard_};
  if (now - hurried_ < limits::monitor_interval) return;
  hurried_ = now;
  hurry_ = true;
  changed_.notify_all();
}

void monitor::stop() {
  {
    const std::scoped_lock lock{guard_};
    stopping_ = true;
  }
  changed_.notify_all();
  count_.stop();
  if (thread_.joinable()) thread_.join();
  clients_.clear();
}

void monitor::run() {
  auto last = steady::now() - limits::history_interval;  // the first look is at once
  for (;;) {
    {
      std::unique_lock lock{guard_};
      std::erase_if(clients_, [&](const auto& one) {
        if (one->has_ended && one->view) picture_->board.remove(*one->view);
        return one->has_ended;
      });
      const bool is_watched = !clients_.empty();
      if (!is_watched) touched_.rest();
      const auto next = last + (is_watched ? limits::monitor_interval : limits::history_interval);
      changed_.wait_until(lock, std::min<steady::time_point>(next, tell_again_),
                          [&] { return stopping_ || hurry_; });
      changed_.wait_until(lock, last + look_interval_min, [&] { return stopping_; });
      if (stopping_) return;
      hurry_ = false;
      is_watched_ = !clients_.empty();
    }
    last = steady::now();
    try {
      if (auto told = look_and_tell(); !told) fail(told.error());
    } catch (const std::exception& thrown) {
      fail({errc::broken, thrown.what()});
    }
  }
}

result<void> monitor::look_and_tell() {
  if (!picture_) {
    picture_ = std::make_unique<picture>(of_);
    // A start is no time to read the whole directory, unless somebody wants to see it.
    picture_->count_after = of_.view.time.steady() + limits::history_interval;
  }
  take_wishes();
  if (auto looked = look(); !looked) return looked;
  tell_clients();
  const auto steady = of_.view.time.steady();
  if (steady >= recent_.next()) {
    recent_.add(steady, of_.view.time.now(), picture_->figures.overview());
  }
  return {};
}

void monitor::take_wishes() {
  const std::scoped_lock lock{guard_};
  for (const auto& one : clients_) {
    if (!one->wish) continue;
    picture_->board.add(*one->wish);
    if (one->view) picture_->board.remove(*one->view);
    one->view = std::exchange(one->wish, std::nullopt);
    one->has_rows = false;
    one->needs_snapshot = true;
    one->asked = steady::now();
    picture_->changed = true;
    picture_->count_after = {};
  }
}

result<void> monitor::look() {
  auto& now = *picture_;
  ++now.now;
  if (auto begun = now.rows.begin_round(now.now); !begun) return begun;
  const auto news = is_watched_ ? touched_.take() : touched_flows::news{};
  const auto commits = of_.over.counters().commits;
  if (std::exchange(now.commits, commits) != commits) now.changed = true;
  count_now_and_then(!news.stopped.empty());
  auto wanted = news.stopped;
  take_count(wanted);
  if (auto read = now.rows.read(wanted, now.board); !read) return read;
  if (auto read = read_flows(news); !read) return read;
  ask_loads(news);
  if (auto looked = now.figures.look(now.now, now.head); !looked) return looked;
  now.figures.count_types(now.now, now.rows);
  now.rows.forget_others(now.board);
  return {};
}

/// A small store is counted at once, and a new client gets all with its first message. An engine
/// that failed is not counted any more: what was known stays.
void monitor::take_count(std::vector<flow_number>& wanted) {
  auto& now = *picture_;
  count_.wait(look_interval_min);
  auto counted = count_.take();
  if (!counted) return;
  duration pause = limits::monitor_interval_max;
  if (*counted) {
    const auto took = std::chrono::duration_cast<duration>((*counted)->took);
    const auto factor =
        is_watched_ ? limits::count_pause_factor : limits::count_pause_factor_unwatched;
    pause = std::max(pause, took * factor);
    wanted.insert(wanted.end(), (*counted)->to_show.begin(), (*counted)->to_show.end());
    const std::scoped_lock lock{guard_};
    for (const auto& one : clients_) {
      if (one->view && (*counted)->views.contains(*one->view)) one->has_rows = true;
    }
    now.figures.take(std::move(**counted));
  }
  now.count_after = of_.view.time.steady() + pause;
}

/// Counting all flows costs what there is: a tenth of the time at most, and never when nothing was
/// written since.
void monitor::count_now_and_then(bool hurry) {
  auto& now = *picture_;
  const auto soon = hurry ? limits::monitor_interval_max : duration{0};
  if (!now.changed || of_.view.time.steady() + soon < now.count_after) return;
  if (count_.start(now.board.views())) now.changed = false;
}

/// What was touched: first what is shown, then some others, that may push those out.
result<void> monitor::read_flows(const touched_flows::news& news) {
  auto& now = *picture_;
  std::vector<flow_number> wanted;
  std::vector<flow_number> strangers;
  for (const auto one : news.others) {
    auto& to = now.board.shows(one) ? wanted : strangers;
    const auto most = &to == &wanted ? limits::monitor_reads_max : limits::monitor_reads_max / 8;
    if (to.size() < most) to.push_back(one);
  }
  wanted.insert(wanted.end(), strangers.begin(), strangers.end());
  return now.rows.read(wanted, now.board);
}

/// The router is asked about flows that were touched, and about a few others in turn.
void monitor::ask_loads(const touched_flows::news& news) {
  auto& now = *picture_;
  std::vector<flow_number> asked;
  for (const auto one : news.others) {
    if (asked.size() < limits::monitor_loads_max / 2 && now.board.shows(one)) asked.push_back(one);
  }
  const auto shown = now.board.shown();
  const auto others = std::min(shown.size(), limits::monitor_loads_max / 2);
  for (std::size_t i = 0; i < others; ++i) asked.push_back(shown[now.turn++ % shown.size()]);
  auto loads = loads_of(of_.over, asked);
  if (!loads) return;  // the engine has failed, and the overview says so
  now.head = loads->head;
  now.rows.bring_in(asked, *loads, now.board);
}

void monitor::tell_clients() {
  const auto now = steady::now();
  constexpr auto between = limits::monitor_interval - 10ms;
  std::vector<std::shared_ptr<client>> ready;
  tell_again_ = steady::time_point::max();
  {
    const std::scoped_lock lock{guard_};
    for (const auto& one : clients_) {
      const bool is_new = !one->view;  // it came during the look
      const bool is_soon = now - one->told < between;
      if (is_soon && !is_new) tell_again_ = std::min(tell_again_, one->told + between);
      if (one->has_ended || is_new || is_soon) continue;
      if (!one->is_ready) {
        ++coalesced_;
        continue;
      }
      ready.push_back(one);
    }
  }
  for (const auto& one : ready) {
    auto message = message_to(*one);
    if (!message) continue;
    one->told = now;
    one->seen = picture_->now;
    one->needs_snapshot = false;
    ++one->sequence;
    {
      const std::scoped_lock lock{guard_};
      one->is_ready = false;
    }
    if (auto to = one->out.lock()) to->send({std::move(*message)});
  }
}

std::optional<std::string> monitor::message_to(const client& one) const {
  if (one.needs_snapshot) {
    // A store that is long to count does not let anybody wait.
    const bool late = steady::now() - one.asked >= limits::monitor_interval_max;
    if (!one.has_rows && !late) return std::nullopt;
    return snapshot_for(one);
  }
  const auto changes = picture_->board.since(*one.view, one.seen);
  if (!changes) return snapshot_for(one);  // what left the view is not known so far back
  const bool is_due = steady::now() - one.told >= limits::monitor_interval_max;
  const bool is_news = !changes->rows.empty() || !changes->gone.empty() ||
                       !picture_->figures.types_since(one.seen).empty();
  if (!is_due && !is_news) return std::nullopt;
  return delta_for(one, *changes);
}

std::string monitor::snapshot_for(const client& one) const {
  const auto& now = *picture_;
  const bool is_first = one.sequence == 0;
  return fmt::format(
      "{{\"message\":\"snapshot\",\"sequence\":{},\"at\":\"{}\",\"view\":{},\"overview\":{},"
      "\"types\":{},\"flows\":{},\"topology\":{}{}{}}}",
      one.sequence, to_text(of_.view.time.now()), json_of(*one.view), dump(now.figures.overview()),
      array_of(now.figures.types_since(0)), array_of(now.board.all(*one.view)),
      now.figures.topology_text(), is_first ? ",\"history\":" : "",
      is_first ? dump(recent_.json_of(of_.view.time.steady())) : "");
}

std::string monitor::delta_for(const client& one, const flow_board::changes& changes) const {
  const auto& now = *picture_;
  const bool has_edges = now.figures.topology_changed() > one.seen;
  return fmt::format(
      "{{\"message\":\"delta\",\"sequence\":{},\"at\":\"{}\",\"overview\":{},\"types\":{},"
      "\"types_gone\":{},\"flows\":{},\"flows_gone\":{}{}{}}}",
      one.sequence, to_text(of_.view.time.now()), dump(now.figures.overview()),
      array_of(now.figures.types_since(one.seen)), dump(now.figures.types_gone_since(one.seen)),
      array_of(changes.rows), dump(changes.gone), has_edges ? ",\"topology\":" : "",
      has_edges ? now.figures.topology_text() : "");
}

/// The store cannot be read: nothing can be shown.
void monitor::fail(const error& why) {
  picture_.reset();
  const std::scoped_lock lock{guard_};
  for (const auto& one : clients_) {
    one->view.reset();
    if (auto to = one->out.lock()) to->close(close_code::failed, why.message);
  }
}

}  // namespace millrace::service
