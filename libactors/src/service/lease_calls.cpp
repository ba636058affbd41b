// Flows that other processes host: leases, inboxes and checkpoints.
#include <fmt/format.h>

#include <chrono>

#include "base/service_limits.hpp"
#include "base/time_text.hpp"
#include "documents/flow.hpp"
#include "documents/flows.hpp"
#include "host/watching.hpp"
#include "service/appending.hpp"
#include "service/checkpoint_body.hpp"
#include "service/endpoints.hpp"
#include "service/lease_table.hpp"
#include "service/problem.hpp"

namespace millrace::service {
namespace {

using documents::json;
using documents::number_or_null;

flow_key key_of(const call& asked) { return flow_key::parse(asked.variable("key")); }

/// `for=30s`. Errors: invalid.
result<lease_wish> wish_of(const call& asked, const flow_key& key) {
  lease_wish made{.key = key.text(),
                  .holder = std::string{asked.argument("holder").value_or("")},
                  .length = limits::lease_usual,
                  .epoch = {}};
  auto length = asked.time("for", limits::lease_time_max);
  if (!length) return length.error();
  if (*length) made.length = **length;
  auto epoch = asked.number("epoch");
  if (!epoch) return epoch.error();
  made.epoch = *epoch;
  if (made.length == duration{0}) return error{errc::invalid, "a lease of no time is none"};
  if (key.text().empty() || key.text().size() > limits::flow_key_size_max) {
    return error{errc::invalid, "this is no flow key"};
  }
  if (made.holder.size() <= limits::lease_holder_size_max) return made;
  return error{errc::invalid,
               fmt::format("holder has {} bytes at most", limits::lease_holder_size_max)};
}

/// What the holder works from.
std::string lease_line(const call& asked, const flow_key& key, const lease_table::entry& one,
                       const foreign_flow& flow) {
  const auto& checkpoint = flow.checkpoint;
  const auto until = asked.of.view.time.now() + one.length;
  json made = {{"flow", key.text()},
               {"epoch", one.epoch},
               {"until", to_text(until)},
               {"seconds", std::chrono::duration<double>(one.length).count()},
               {"position", number_or_null(documents::checkpoint_of(checkpoint))},
               {"done", checkpoint.done()}};
  if (checkpoint.has_error_position()) {
    made["error"] = {{"position", checkpoint.error_position()},
                     {"message", checkpoint.error_message()}};
  }
  return documents::with(documents::dump(made), "state",
                         flow.state.empty() ? std::string_view{"null"} : flow.state);
}

response lease(const call& asked) {
  const auto key = key_of(asked);
  auto wanted = wish_of(asked, key);
  if (!wanted) return problem(wanted.error());
  // Before it takes a place: most keys cannot be leased.
  if (auto fits = check_elsewhere(asked.of.over, key); !fits) return problem(fits.error());
  auto held = asked.of.leases.take(*wanted);
  if (!held) return problem(held.error());
  auto flow = find_elsewhere(asked.of.over, key);
  if (!flow) {
    asked.of.leases.end(*held->of);
    return problem(flow.error());
  }
  return document(lease_line(asked, key, *held->of, *flow));
}

response give_back(const call& asked) {
  const auto key = key_of(asked);
  auto epoch = asked.number("epoch");
  if (!epoch) return problem(epoch.error());
  if (!*epoch) return problem({errc::invalid, "epoch says which lease ends"});
  auto held = asked.of.leases.use(key.text(), **epoch);
  if (!held) return problem(held.error());
  asked.of.leases.end(*held->of);
  return document(documents::dump({{"flow", key.text()}, {"epoch", **epoch}, {"ended", true}}));
}

std::string checkpoint_line(const flow_key& key, std::uint64_t epoch, const turn_mark& turn,
                            bool repeated) {
  return documents::dump({{"flow", key.text()},
                          {"epoch", epoch},
                          {"position", number_or_null(turn.reached)},
                          {"repeated", repeated}});
}

/// Under the lease.
response commit(const call& asked, const flow_key& key, checkpoint_body body,
                lease_table::entry& one) {
  const turn_mark mark{.previous = body.turn.previous,
                       .reached = body.turn.reached,
                       .digest = std::hash<std::string>{}(asked.asked.body)};
  if (one.last == mark) {
    asked.of.leases.renew(one);
    return document(checkpoint_line(key, one.epoch, mark, true));
  }
  body.turn.key = key;
  if (auto done = commit_elsewhere(asked.of.over, std::move(body.turn)); !done) {
    const auto code = done.error().code;
    if (code == errc::conflict) return problem(412, done.error());
    return code == errc::unknown_type ? problem(422, done.error()) : problem(done.error());
  }
  one.last = mark;
  asked.of.leases.renew(one);
  return document(checkpoint_line(key, one.epoch, mark, false));
}

response put_checkpoint(const call& asked) {
  const auto key = key_of(asked);
  auto body = read_checkpoint(asked.asked.body, asked.of.known.registry);
  if (!body) return problem(body.error());
  auto held = asked.of.leases.use(key.text(), body->epoch);
  if (!held) return problem(held.error());
  return commit(asked, key, std::move(*body), *held->of);
}

/// Whether anything was routed or committed: nothing else brings an entry into an inbox. Asking
/// the router at each look of each call that waits would cost it more than its work.
class routing_moves {
 public:
  explicit routing_moves(const host& over) : over_(over) {}
  /// Since the last call; the first time always.
  bool since_last() {
    const auto now = over_.counters();
    const std::pair seen{now.routed, now.commits};
    return std::exchange(last_, seen) != seen;
  }

 private:
  const host& over_;
  std::optional<std::pair<std::uint64_t, std::uint64_t>> last_;
};

/// Entries after `after`, as long as a page may be.
result<std::vector<posting>> entries_of(const call& asked, const flow_key& key,
                                        std::optional<position> after, std::size_t limit) {
  auto inbox = written_inbox(asked.of.over, key);
  if (!inbox) return inbox.error();
  if (!inbox->flow) return std::vector<posting>{};
  return asked.of.view.stored.postings(*inbox->flow, after, limit);
}

response page_of(const call& asked, const std::vector<posting>& entries, std::size_t limit) {
  page rows{asked, "entries"};
  std::vector<position> places;
  for (const auto& one : entries) places.push_back(one.at);
  std::size_t next = 0;
  std::optional<position> last;
  bool cut = false;
  auto read = asked.of.view.stored.fetch(places, [&](const event_row& row) {
    while (next < entries.size() && entries[next].at < row.at) ++next;
    const auto event = documents::decode(asked.of.known.registry, row);
    auto head = documents::head_of(event);
    head["starts"] = entries[next].starts;
    last = row.at;
    cut = !rows.add(documents::line_of(head, event));
    return !cut;
  });
  if (!read) return problem(read.error());
  std::optional<std::string> more;
  if (last && (cut || entries.size() == limit)) {
    more = target_of(asked,
                     {{"after", std::to_string(last->value)}, {"limit", std::to_string(limit)}});
  }
  return std::move(rows).finish(more);
}

response inbox(const call& asked) {
  const auto key = key_of(asked);
  auto limit = asked.page_size();
  if (!limit) return problem(limit.error());
  auto after = asked.number("after");
  if (!after) return problem(after.error());
  auto wait = asked.time("wait", limits::call_wait_max);
  if (!wait) return problem(wait.error());
  std::optional<position> place;
  if (*after) place = position{**after};
  if (auto fits = check_elsewhere(asked.of.over, key); !fits) return problem(fits.error());
  const auto until = asked.of.view.time.steady() + wait->value_or(duration{0});
  return answer_when(asked.of, until,
                     [&asked, key, place, most = *limit, moved = routing_moves{asked.of.over}](
                         bool last) mutable -> std::optional<response> {
                       if (!moved.since_last() && !last) return std::nullopt;
                       auto entries = entries_of(asked, key, place, most);
                       if (!entries) return problem(entries.error());
                       if (entries->empty() && !last) return std::nullopt;
                       return page_of(asked, *entries, most);
                     });
}

/// Who holds what; the clock that a lease ends by is not the one that people read.
response list_leases(const call& asked) {
  auto limit = asked.page_size();
  if (!limit) return problem(limit.error());
  const auto after = asked.argument("after").value_or("");
  page rows{asked, "leases"};
  std::string last;
  const auto held = asked.of.leases.list(after, *limit + 1);
  bool goes_on = held.size() > *limit;
  for (const auto& one : held) {
    if (goes_on && &one == &held.back() && held.size() > *limit) break;
    const bool room = rows.add(
        documents::dump({{"flow", one.key},
                         {"epoch", one.epoch},
                         {"holder", one.holder},
                         {"until", to_text(asked.of.view.time.now() + one.left)},
                         {"seconds_left", std::chrono::duration<double>(one.left).count()}}));
    last = one.key;
    if (room) continue;
    goes_on = &one != &held.back();
    break;
  }
  if (!goes_on) return std::move(rows).finish({});
  return std::move(rows).finish(
      target_of(asked, {{"after", last}, {"limit", std::to_string(*limit)}}));
}

}  // namespace

std::vector<endpoint> lease_endpoints() {
  return {
      {.method = "GET",
       .path = "/v1/leases",
       .summary = "Who hosts which flow elsewhere, and until when, by key",
       .arguments = {{"after", "string", "The key after which the page begins"},
                     {"limit", "integer", "Leases of a page (100, at most 1000)"}},
       .answer = list_leases},
      {.method = "POST",
       .path = "/v1/leases/{key}",
       .summary = "Host a flow elsewhere, or go on with that: its epoch, checkpoint and state",
       .needs = access::everything,
       .arguments = {{"for", "string", "How long: 30s (the default), 600s at most"},
                     {"epoch", "integer", "Of the lease to renew; else a new one"},
                     {"holder", "string", "Who has it, for others to see"}},
       .answer = lease},
      {.method = "DELETE",
       .path = "/v1/leases/{key}",
       .summary = "End a lease before its time",
       .needs = access::everything,
       .arguments = {{"epoch", "integer", "Of the lease"}},
       .answer = give_back},
      {.method = "GET",
       .path = "/v1/inbox/{key}",
       .summary = "The events for a flow that is hosted elsewhere, by position",
       .where = lane::waits_elsewhere,
       .arguments = {{"after", "integer", "The position after which the page begins"},
                     {"limit", "integer", "Events of a page (100, at most 1000)"},
                     {"wait", "string", "How long to wait for the first one: 30s, 60s at most"}},
       .answer = inbox},
      {.method = "PUT",
       .path = "/v1/checkpoints/{key}",
       .summary = "What the holder of a lease did: checkpoint, state and reactions, all or nothing",
       .needs = access::everything,
       .accepted = {json_type},
       .answer = put_checkpoint},
  };
}

}  // namespace millrace::service
