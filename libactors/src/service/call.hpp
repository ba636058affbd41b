/// A request that was understood, and what a call is made of.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "documents/source.hpp"
#include "host/open_view.hpp"
#include "service/large_states.hpp"
#include "service/message.hpp"
#include "service/security.hpp"
#include "service/url.hpp"

namespace millrace::service {

struct connection_counts;
struct endpoint;
class command_watch;
class conversation;
class gauges;
class health;
class import_desk;
class job_desk;
class lease_table;
class monitor;
class outlet;
class run_desk;
class series_index;
class subscriptions;
class waiting_room;

/// What the calls work on; all of it outlives them. Any thread.
struct parts {
  host& over;
  open_view view;
  const known_types& known;
  const std::vector<endpoint>& endpoints;
  gauges& measured;
  health& checks;
  command_watch& commands;
  lease_table& leases;
  series_index& series;
  waiting_room& room;
  import_desk& imports;
  job_desk& jobs;
  run_desk& runs;
  const connection_counts& counts;
  std::string application;
  std::string address;  ///< `http://…`; set before anybody can ask
  timestamp started;
  // Behind WebSockets; set before anybody can ask.
  monitor* watched = nullptr;
  subscriptions* followed = nullptr;
  std::atomic<bool> stopping = false;
  mutable large_states large{};

  /// The picture of the store, made when it is asked for.
  [[nodiscard]] documents::source source() const;
};

/// One call. On one thread.
struct call {
  parts& of;
  request asked;
  url where;
  std::vector<field> variables;  ///< of the path, decoded

  /// Of the path. One of the endpoint's own.
  [[nodiscard]] const std::string& variable(std::string_view name) const;
  [[nodiscard]] std::optional<std::string_view> argument(std::string_view name) const {
    return find(where.query, name);
  }
  /// Digits only. Errors: invalid.
  [[nodiscard]] result<std::optional<std::uint64_t>> number(std::string_view name) const;
  /// `true` or `false`; not there: false. Errors: invalid.
  [[nodiscard]] result<bool> flag(std::string_view name) const;
  /// `5s` or `500ms`. Errors: invalid, also when it is more than `most`.
  [[nodiscard]] result<std::optional<duration>> time(std::string_view name,
                                                     std::chrono::seconds most) const;
  /// Rows of a page. Errors: invalid (0, or more than limits::page_max).
  [[nodiscard]] result<std::size_t> page_size() const;
  /// Of the path: a number. Errors: not_found.
  [[nodiscard]] result<position> place() const;

  [[nodiscard]] bool accepts(std::string_view media_type) const;
  /// Seconds of `Prefer: wait=SECONDS`, limits::call_wait_max at most.
  [[nodiscard]] std::optional<duration> wish_to_wait() const;
};

/// Where a call is worked on.
enum class lane : std::uint8_t {
  at_once,             ///< on the thread of all connections: neither blocks nor reads the store
  works,               ///< blocks for as long as the work takes
  streams,             ///< as `works`, while its body arrives
  waits,               ///< as `works`, and then perhaps for flows, without a thread
  waits_elsewhere,     ///< the same: each kind has places of its own
  waits_after_append,  ///< the same
  socket,              ///< a WebSocket; at_once without an upgrade
};

/// An argument, a name in the path or a header field, as `/openapi.json` tells it.
struct parameter {
  const char* name;
  const char* type;  ///< of JSON schema
  const char* meaning;
};

/// One row of the table that routes requests, and that `/openapi.json` is made from.
struct endpoint {
  const char* method;
  const char* path;  ///< `{name}` stands for one segment
  const char* summary;
  lane where = lane::works;
  access needs = access::reading;
  std::vector<parameter> arguments;   ///< of the query: all there are; others are refused
  std::vector<const char*> accepted;  ///< content types of a body; empty: it has none
  std::vector<unsigned> statuses;     ///< besides 200 that are no problem
  response (*answer)(const call& asked);
  /// Of a WebSocket.
  std::shared_ptr<conversation> (*talk)(const call& asked, std::weak_ptr<outlet> to) = nullptr;
  std::size_t sockets_max = 0;  ///< open at the same time
};

/// A page of documents: an object with one array, or, when the client accepts
/// `application/x-ndjson`, a line for each.
class page {
 public:
  page(const call& asked, std::string name) : asked_(asked), name_(std::move(name)) {}
  /// False: it is as long as an answer may be; this one is in it.
  bool add(std::string_view document);
  /// `next`: the target that goes on, none at the end. Also told as Link.
  [[nodiscard]] response finish(const std::optional<std::string>& next) &&;

 private:
  const call& asked_;
  std::string name_;
  std::string body_;
  bool as_lines_ = asked_.accepts("application/x-ndjson");
};

/// The same path with these arguments.
[[nodiscard]] std::string target_of(const call& asked, const std::vector<field>& query);

[[nodiscard]] inline response document(std::string body) {
  response made;
  made.body = std::move(body);
  return made;
}

/// What `look` gives, at once or when it is asked again later: after commits, and at the latest
/// when `until` (steady) is there or the service ends; then `last` is true, and it has to give
/// something. It must not wait, and may refer to its call.
using waiting_look = std::function<std::optional<response>(bool last)>;
[[nodiscard]] response answer_when(const parts& of, timestamp until, waiting_look look);

}  // namespace millrace::service
