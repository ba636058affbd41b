/// Tests a whole application: in memory, in virtual time, one deterministic step after another.
///
///     millrace::host_test test;
///     test.add<payment_reminder>();
///     test.append(placed);
///     test.advance(30min);
///     test.crash_and_restart();
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "millrace/host.hpp"

namespace millrace {

struct host_test_options {
  /// 0: actors run in the order in which they became ready. Otherwise the seed chooses who is next.
  std::uint64_t seed = 0;
  /// Windows, inboxes and buffers hold about so many events, so that flows fall behind and catch up
  /// all the time; 0: as many as outside of tests.
  std::size_t room = 0;
  host_options host = {};  ///< store and actors are not used
};

/// Owns a host over a memory store, its scheduler and its clock. Single-threaded. Expected failures
/// of the calls below throw std::runtime_error; a test framework reports them.
class host_test {
 public:
  explicit host_test(host_test_options options = {});
  ~host_test();

  /// Before the first append; types stay added over restarts.
  template <flow F, class... Settings>
  host_test& add(flow_options options = {}, Settings... settings) {
    return add(describe<F>(options, std::move(settings)...));
  }
  host_test& add(flow_type type);
  /// Between a stop or a crash and the restart: the program that comes has other flows, those that
  /// are added from here on.
  host_test& clear_flows();

  /// Appends and lets everything run that can: position of the event.
  position append(const google::protobuf::Message& body);
  position append(new_event one);
  result<std::vector<position>> try_append(std::vector<new_event> events,
                                           append_condition condition = {});
  /// Queues an append and runs nothing: for crashes and races in the middle.
  future<result<std::vector<position>>> append_later(std::vector<new_event> events);

  /// Runs until nothing is ready. Time stands still.
  void run();
  /// One step of one actor; false when nothing is ready.
  bool step();
  /// Time passes; whatever falls due on the way happens in order, and everything runs. While no
  /// host is there (between crash() or stop() and restart()) only the clock moves.
  void advance(duration by);
  [[nodiscard]] timestamp now() const;

  /// The process dies here: whatever is not committed is gone. Then the host is opened anew, and
  /// everything runs.
  void crash_and_restart();
  /// The same in two steps; between them no host is there.
  void crash();
  void restart();
  /// A restart after which nothing has run yet: step() and run() do that.
  void restart_paused();
  /// An orderly stop instead of a crash.
  void stop();

  template <flow Query>
  [[nodiscard]] result<reading<decltype(Query::state)>> read(std::string_view id = {}) {
    return running().read<Query>(id);
  }
  /// All recorded events, or those of one type; also millrace's own ("millrace.TimersCancelled").
  struct recorded {
    position at;
    std::string type;
    timestamp time;
    std::optional<position> cause;
    std::string emitter;
    bool from_schedule = false;
    std::optional<timestamp> due;
    std::string payload;
    template <class E>
    [[nodiscard]] E as() const {
      E body;
      body.ParseFromString(payload);
      return body;
    }
  };
  [[nodiscard]] std::vector<recorded> timeline(std::string_view type = {});
  [[nodiscard]] flow_summary flow(const flow_key& key);
  [[nodiscard]] std::vector<flow_summary> flows();
  /// Due entries, in order of (due, position).
  [[nodiscard]] std::vector<position> schedule();

  /// Called before each commit with its number since construction; returning false makes the
  /// process die there (the commit is lost), for crashes at every boundary.
  void on_commit(std::function<bool(std::uint64_t commit)> hook);
  /// Asked before each commit what the disk has to say: an error (storage_full, storage_failed) is
  /// what the commit gets, and nothing is written. storage_failed lasts until the next restart.
  void disk(std::function<result<void>()> hook);
  [[nodiscard]] bool crashed() const;
  [[nodiscard]] std::uint64_t commits() const;

  host& running();

 private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace millrace
