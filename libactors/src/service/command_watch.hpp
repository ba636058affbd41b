/// Waiting for what commands lead to.
#pragma once

#include <deque>
#include <functional>
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
  /// `told` is called when somebody's wait may be over, from any thread, until this is gone.
  command_feed(host& over, const store& stored, const known_types& known,
               std::function<void()> told);
  command_feed(const command_feed&) = delete;
  command_feed& operator=(const command_feed&) = delete;

  /// Shows `of` what lies from `from` on, and from now on all that comes, until leave(). Errors:
  /// those of the store; then it is not shown anything more.
  result<void> join(consequences& of, position from);
  void leave(consequences& of);
  /// How it ended; none: it has not.
  [[nodiscard]] std::optional<command_end> look(const consequences& of) const;

 private:
  void on_event(delivery what, const event* seen);
  void on_stop(const stopped_flow& what);
  [[nodiscard]] std::optional<command_end> end_of(const consequences& of) const;
  [[nodiscard]] bool is_topic(const flow_key& key) const;

  const store& stored_;
  const known_types& known_;
  std::function<void()> told_;
  mutable std::mutex guard_;
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
                                                   const known_types& known,
                                                   std::function<void()> told);

 private:
  std::mutex guard_;
  std::weak_ptr<command_feed> running_;
};

/// Of a command that was appended before: what it led to, as far as the cause index goes. Where to
/// look from then on.
result<position> look_back(const store& from, consequences& of);

}  // namespace millrace::service
