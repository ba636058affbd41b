/// The engine inside a program: a store, the flows added to it, and ways to append and read.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "millrace/event.hpp"
#include "millrace/flow.hpp"
#include "millrace/future.hpp"
#include "millrace/result.hpp"
#include "millrace/statistics.hpp"
#include "millrace/types.hpp"
#include "millrace/versions.hpp"

namespace caf {
class actor_system;
}

namespace millrace {

struct host_options {
  /// Directory of the store; made when missing.
  std::filesystem::path store = "millrace-data";
  /// Refuse event types that no flow here observes, instead of taking them as JSON.
  bool strict = false;
  /// False: append and repair, but let no flow run. Routing goes on.
  bool run_flows = true;
  /// The service's own actor system; it must outlive the host. Null: the host makes one with
  /// `worker_threads` threads and the `sharing` policy. See docs/guide/embedding.md.
  caf::actor_system* actors = nullptr;
  std::size_t worker_threads = 0;  ///< 0: as many as there are cores
};

/// What must hold for an append to happen; otherwise it fails with errc::conflict and the message
/// says what was found. Not asked of a repeat: when the ids of all events of a call are known, it
/// gets their first positions, so that a client may try again whose answer was lost.
struct append_condition {
  std::optional<position> tail;  ///< the timeline ends exactly here
  struct latest {
    flow_key flow;
    std::optional<position> at;  ///< none: nothing was ever routed to it
  };
  std::optional<latest> flow_latest;
};

/// A query instance as committed: state and the two numbers.
template <class State>
struct reading {
  State state;
  /// All events before and at this position that concern the instance are in the state.
  std::optional<position> scanned;
  /// Where the state's bytes last changed.
  std::optional<position> changed;
  std::uint64_t generation = 0;
  /// Of a former build, which is served until the one that is made has caught up.
  bool frozen = false;
  /// `"changed-generation"`, quoted. Equal tags mean equal bytes.
  [[nodiscard]] std::string etag() const {
    return '"' + (changed ? std::to_string(changed->value) : "none") + '-' +
           std::to_string(generation) + '"';
  }
};

/// reading<> before the state is decoded.
struct raw_reading {
  std::string state;
  std::optional<position> scanned;
  std::optional<position> changed;
  std::uint64_t generation = 0;
  bool frozen = false;
  std::uint32_t version = 0;  ///< of the flow type that made it
  bool is_compatible = true;  ///< the present version's message can read it
};

enum class flow_status {
  idle,     ///< nothing waits
  pending,  ///< events wait, and will be handled when the flow runs
  stopped,  ///< an event failed; see error_position
};

struct flow_summary {
  flow_key key;
  flow_status status = flow_status::idle;
  std::optional<position> latest;      ///< last position routed to it
  std::optional<position> checkpoint;  ///< last position wholly reflected
  std::optional<position> error_position;
  std::string error_message;
  bool done = false;
  bool hosted = false;  ///< its type was added to this host
  std::uint64_t skipped = 0;
};

/// Counts since open, for tests, benchmarks and the curious. Monotonic; after stop() those at its
/// end.
struct host_counters {
  std::uint64_t appended = 0;        ///< events committed
  std::uint64_t commits = 0;         ///< transactions
  std::uint64_t timeline_reads = 0;  ///< timeline rows read from the store
  std::uint64_t posting_reads = 0;   ///< inbox entries read from the store
  std::uint64_t routed = 0;          ///< events the router has seen
  std::uint64_t delivered = 0;       ///< deliveries to flows from memory
  std::uint64_t handled = 0;         ///< events handled by flows, replays included
};

/// What becomes of imported timers that are overdue when the flow type they reach is adopted.
enum class overdue_timers {
  fire,  ///< at once
  skip,  ///< they leave the schedule; the timeline says so
  keep,  ///< they stay inert
};

/// What an adoption came to.
struct adoption {
  std::uint64_t flows = 0;      ///< that have something waiting
  std::uint64_t activated = 0;  ///< timers that will fire when they are due, overdue ones included
  std::uint64_t overdue = 0;    ///< timers that were due already
};

struct reset_options {
  /// Of a topic: the recorded reactions are taken as they are; `when` decides only done() and
  /// cancellations.
  bool accept_history = false;
};

/// What the reset of a whole type came to.
struct type_reset {
  std::uint64_t flows = 0;  ///< that begin anew
  /// One scan of the timeline feeds them all, and a query's former result is served until they have
  /// caught up. Otherwise each reads its own events, and has begun already.
  bool one_scan = false;
};

/// Which stopped flows; empty: all of them.
struct retry_filter {
  std::string type;   ///< of this flow type
  std::string error;  ///< whose error message contains this
};

enum class delivery { event, caught_up };

struct subscription_options {
  position from;                   ///< first position wanted
  std::vector<std::string> types;  ///< empty: all event types
};

/// An open subscription: destroying it ends it; no call is under way or follows after that.
class subscription {
 public:
  subscription() = default;
  explicit subscription(std::function<void()> cancel) : cancel_(std::move(cancel)) {}
  subscription(subscription&& other) noexcept : cancel_(std::exchange(other.cancel_, nullptr)) {}
  subscription& operator=(subscription&& other) noexcept {
    if (this != &other) {
      if (cancel_) cancel_();
      cancel_ = std::exchange(other.cancel_, nullptr);
    }
    return *this;
  }
  ~subscription() {
    if (cancel_) cancel_();
  }

 private:
  std::function<void()> cancel_;
};

/// Runs flows over a store. Add flow types, open, use, stop. All calls are thread-safe except add
/// and open, which come first, from one thread. None may be called from inside a handler.
class host {
 public:
  explicit host(host_options options = {});
  host(const host&) = delete;
  host& operator=(const host&) = delete;
  ~host();  ///< stops

  /// Adds a flow type; of a query several versions may be added, and then all of them are kept up
  /// to date. Errors: invalid (two types of one name and version, two messages of one short name,
  /// open already).
  template <flow F, class... Settings>
  result<void> add(flow_options options = {}, Settings... settings) {
    return add(describe<F>(options, std::move(settings)...));
  }
  result<void> add(flow_type type);

  /// Opens the store and starts what is pending. Reads what is pending, not the history. Errors:
  /// in_use (says who holds it), newer_schema, incompatible (a flow type changed kind or state
  /// without a new version), storage_failed, corrupt, invalid.
  result<void> open();

  /// Appends events in order, all or none. The future is ready after the commit that covers them is
  /// flushed. One position for each event; an event whose id was appended within the id window
  /// (limits::id_window_count, limits::id_window_age) gets its first position and is not appended
  /// again. Errors: invalid, unknown_type, undecodable, too_large, conflict, overloaded
  /// (retryable), storage_full (retryable), storage_failed, closed. On any error nothing is
  /// appended.
  [[nodiscard]] future<result<std::vector<position>>> append(std::vector<new_event> events,
                                                             append_condition condition = {});
  /// One event.
  [[nodiscard]] future<result<std::vector<position>>> append(new_event one,
                                                             append_condition condition = {});
  template <std::derived_from<google::protobuf::Message> E>
  [[nodiscard]] future<result<std::vector<position>>> append(const E& body) {
    return append(new_event::of(body));
  }

  /// The committed state of a query instance (an empty id for a single-instance type), of the build
  /// that is served. Errors: unknown_type, not_found (never started, or ended), incompatible (a
  /// former version is served, whose state this message cannot read); stopped is none: the good
  /// state is returned.
  template <flow Query>
  [[nodiscard]] result<reading<decltype(Query::state)>> read(std::string_view id = {}) {
    auto raw = read(key_of<Query>(id));
    if (!raw) return raw.error();
    if (!raw->is_compatible) return former_version(key_of<Query>(id), *raw);
    reading<decltype(Query::state)> made{
        {}, raw->scanned, raw->changed, raw->generation, raw->frozen};
    if (!made.state.ParseFromString(raw->state)) {
      return error{errc::corrupt, "the state of " + key_of<Query>(id).text() + " does not decode"};
    }
    return made;
  }
  [[nodiscard]] result<raw_reading> read(const flow_key& key);

  /// Waits until every hosted flow that the event was routed to has handled it. Errors: not_found
  /// (no such position), stopped (names the flow and its error), timed_out, closed.
  result<void> wait(position at, duration limit = std::chrono::seconds{30});
  /// Waits until nothing is pending that could run: the router is at the tail and every hosted flow
  /// is idle or stopped. A version that takes over by itself is served then. Timers that are not
  /// due yet do not count. Errors: timed_out, closed, storage_failed.
  result<void> wait_until_caught_up(duration limit);

  /// Calls `handler` with events in order, from a thread of the actor system, one call at a time;
  /// `delivery::caught_up` (event null) each time nothing more is there. A slow handler slows
  /// nobody else. It must not throw.
  using event_handler = std::function<void(delivery, const event*)>;
  [[nodiscard]] subscription subscribe(subscription_options options, event_handler handler);

  /// Repairs of a stopped flow, or of a parked flow type when the key is a multi-instance type's
  /// name. retry: try the failed event again. skip: pass it by and record that. Errors: not_found,
  /// conflict (not stopped).
  result<void> retry(const flow_key& key);
  result<void> skip(const flow_key& key);
  /// retry for all stopped flows, and parked types, that the filter fits: how many there were. What
  /// was repaired or reset meanwhile is not counted.
  result<std::size_t> retry_all(const retry_filter& which = {});
  /// Begins one flow anew, whatever it is at: from nothing, with its own events alone; others see
  /// none of it. What was skipped stays skipped. A topic decides again up to where it was: it
  /// appends nothing there, and stops where it decides otherwise than is recorded. Answered when
  /// that is durable. Errors: not_found, unknown_type (nobody hosts it here), conflict (it is being
  /// repaired).
  result<void> reset(const flow_key& key, reset_options options = {});
  /// The same for all flows of a type: in the way that reads less, see type_reset. Answered when it
  /// is durable. Errors: not_found (it has none), unknown_type (nobody hosts it here), conflict (it
  /// came with an import; it is being reset).
  result<type_reset> reset_type(std::string_view type, reset_options options = {});

  /// Lets the flows of an imported type, and the timers that reach no other inert type, run here:
  /// until then they are inert. Errors: not_found (no such type), conflict (it is not inert; or
  /// timers are overdue and `overdue` does not say what becomes of them).
  result<adoption> adopt(std::string_view type, std::optional<overdue_timers> overdue = {});

  /// Serves the result of a query's newest version, or of its reset, from now on, in one step; for
  /// types whose options say that it waits for this. Errors: not_found, conflict (it has not caught
  /// up; nothing to switch to and nothing to drop).
  result<switch_report> switch_type(const std::string& type, switch_options options = {});
  /// Compares the result of a query's newest version with the one that is served, or, after the
  /// switch, with the former one that was not dropped yet; both as they were after the same event.
  /// Reads both, instance by instance, on the caller's thread. Errors: not_found, conflict (there
  /// is one result; a result was dropped meanwhile), closed, corrupt, storage_failed.
  [[nodiscard]] result<result_comparison> compare(const std::string& type,
                                                  compare_options options = {});

  /// Every flow, or those of one type, in key order; then each parked type as a summary whose key
  /// is the type's name and whose status is stopped. Errors: storage_failed.
  result<void> flows(const std::function<void(const flow_summary&)>& visit,
                     std::string_view type = {});
  /// How far and how fast all flows are, by type and in all; or one. Writes what is routed to the
  /// store and reads the directory there: for now and then. Errors: not_found (no such flow),
  /// closed, timed_out, storage_failed.
  [[nodiscard]] result<host_statistics> statistics();
  [[nodiscard]] result<flow_statistics> statistics(const flow_key& key);
  [[nodiscard]] position tail() const;
  [[nodiscard]] host_counters counters() const;

  /// Takes no more, ends and commits running batches, writes derived data, closes. After `limit`
  /// the rest is left for the next start; only a running handler is waited for. Nothing is lost.
  void stop(duration limit = std::chrono::seconds{10});

  struct parts;  ///< what host_test and application look into
  [[nodiscard]] parts& inside() { return *parts_; }

  template <flow F>
  [[nodiscard]] static flow_key key_of(std::string_view id) {
    return detail::is_single<F> ? flow_key{F::name} : flow_key{F::name, id};
  }

 private:
  [[nodiscard]] static error former_version(const flow_key& key, const raw_reading& read);

  std::unique_ptr<parts> parts_;
};

}  // namespace millrace
