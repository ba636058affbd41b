/// Waiting for what commands lead to.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "host/overview.hpp"
#include "host/stops.hpp"
#include "service/consequences.hpp"

namespace millrace::service {

/// How a wait ended.
struct command_end {
  std::optional<position> answer;
  std::optional<stopped_flow> stopped;  ///< a topic, on the command or on what it led to
  bool is_full = false;                 ///< it led to more than is looked at
};

/// Sees all events, and all stops of topics, from its construction on: made before a command is
/// appended, so that nothing of it is missed. One for all that wait at the same time. Any thread.
class command_feed {
 public:
  command_feed(host& over, const store& stored, const known_types& known);
  command_feed(const command_feed&) = delete;
  command_feed& operator=(const command_feed&) = delete;

  /// Waits until `of` has its answer; what lies before `from` it knows already. Errors: timed_out,
  /// closed (`ends` became true), those of the store.
  result<command_end> wait(consequences& of, position from, duration limit,
                           const std::atomic<bool>& ends);

 private:
  void on_event(delivery what, const event* seen);
  void on_stop(const stopped_flow& what);
  result<void> join(consequences& of, position from);
  [[nodiscard]] std::optional<command_end> end_of(const consequences& of) const;
  [[nodiscard]] bool is_topic(const flow_key& key) const;

  const store& stored_;
  const known_types& known_;
  mutable std::mutex guard_;
  std::condition_variable changed_;
  std::vector<consequences*> waiting_;
  position next_;  // that will be seen
  std::deque<stopped_flow> stops_;
  // Last: nothing comes any more when the rest goes.
  subscription stop_news_;
  subscription events_;
};

/// Makes a feed when somebody waits, and lets it go when nobody does.
class command_watch {
 public:
  [[nodiscard]] std::shared_ptr<command_feed> join(host& over, const store& stored,
                                                   const known_types& known);

 private:
  std::mutex guard_;
  std::weak_ptr<command_feed> running_;
};

/// Of a command that was appended before: what it led to, as far as the cause index goes. Where to
/// look from then on.
result<position> look_back(const store& from, consequences& of);

}  // namespace millrace::service
