#include "host/explain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/limits.hpp"
#include "engine/recovery.hpp"
#include "flow/rules.hpp"
#include "millrace/envelope.pb.h"
#include "wire/system_events.hpp"
#include "wire/window.hpp"

namespace millrace {
namespace {

using skips = google::protobuf::RepeatedPtrField<v1::Skipped>;

const v1::Skipped* find_skip(const skips& all, position at) {
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const auto& one) { return one.position() == at.value; });
  return found == all.end() ? nullptr : &*found;
}

bool contains(const google::protobuf::RepeatedField<std::uint64_t>& all, position at) {
  return std::find(all.begin(), all.end(), at.value) != all.end();
}

/// Asks for one event.
class inquiry {
 public:
  inquiry(const store& from, const overview& now, const event& what)
      : from_(from), now_(now), what_(what) {}

  result<explanation> run();

 private:
  result<void> follow_timer();
  result<void> by_keys();
  result<void> by_type();
  result<void> by_route(const flow_type& type);
  result<void> by_posting(const v1::FlowType& foreign);
  result<void> add_flow(const flow_key& key, event_reach how);
  explained_flow& add_type(std::string_view type, event_fate fate);
  bool add_unless_routed(std::string_view type, event_reach how);
  result<void> settle(explained_flow& made, const flow_view& view) const;
  [[nodiscard]] result<bool> passed_by(const flow_view& view, event_reach how) const;
  [[nodiscard]] result<std::optional<position>> life_after(const flow_view& view,
                                                           position end) const;

  const store& from_;
  const overview& now_;
  const event& what_;
  explanation made_;
};

result<explanation> inquiry::run() {
  const auto& envelope = *what_.envelope;
  result<void> done;
  if (envelope.has_routes) {
    made_.kind = event_kind::explicitly;
    done = by_keys();
  } else if (what_.type == timers_cancelled_type) {
    made_.kind = event_kind::own_record;
  } else if (envelope.is_entry()) {
    made_.kind = event_kind::schedule_entry;
  } else {
    done = by_type();
  }
  if (done && envelope.is_entry()) done = follow_timer();
  if (!done) return done.error();
  return std::move(made_);
}

result<void> inquiry::follow_timer() {
  auto entry = from_.scheduled(what_.at);
  if (!entry) return entry.error();
  if (*entry) {
    made_.waits = true;
    made_.inert = (*entry)->inert;
    return {};
  }
  const auto look = [&](const event_row& row) {
    v1::Envelope envelope;
    const auto size = static_cast<int>(row.envelope.size());
    const bool fired = envelope.ParseFromArray(row.envelope.data(), size) &&
                       envelope.from_schedule() && envelope.cause() == what_.at.value;
    if (fired) made_.fired_as = row.at;
    return !fired;
  };
  auto effects = from_.effects(what_.at);
  if (!effects) return effects.error();
  if (auto read = from_.fetch(*effects, look); !read || made_.fired_as) return read;
  // The index of causes is complete as far as that.
  auto routed = from_.routed();
  if (!routed) return routed.error();
  return from_.scan(std::max(*routed, what_.at), from_.tail(), look);
}

result<void> inquiry::by_keys() {
  std::set<std::string_view> seen;
  for (const auto text : what_.envelope->keys()) {
    if (!seen.insert(text).second) continue;
    const auto key = flow_key::parse(std::string{text});
    if (add_unless_routed(key.type(), event_reach::explicitly)) {
      made_.flows.back().key = text;
      made_.flows.back().how = event_reach::explicitly;
      continue;
    }
    if (auto added = add_flow(key, event_reach::explicitly); !added) return added;
  }
  return {};
}

result<void> inquiry::by_type() {
  const auto& table = now_.known().table;
  for (const auto index : table.observers(what_.type)) {
    const auto& type = *table.types()[index];
    if (table.find(type.name) != index) continue;  // an older version beside the newest
    if (add_unless_routed(type.name, event_reach::starts)) continue;
    if (auto added = by_route(type); !added) return added;
  }
  for (const auto& [name, row] : now_.types()) {
    if (now_.is_known(name) || row.explicit_only() || what_.at.value < row.since()) continue;
    if (auto added = by_posting(row); !added) return added;
  }
  return {};
}

result<void> inquiry::by_route(const flow_type& type) {
  route routed;
  if (auto done = route_typed(type, what_, routed); !done) {
    add_type(type.name, event_fate::stopped_on).detail = done.error().message;
    return {};
  }
  if (routed.targets().empty()) add_type(type.name, event_fate::names_nobody);
  for (const auto& target : routed.targets()) {
    const auto key = type.single ? flow_key{type.name} : flow_key{type.name, target.id};
    const auto how = target.starts ? event_reach::starts : event_reach::joins;
    if (auto added = add_flow(key, how); !added) return added;
  }
  return {};
}

/// A type of another program: whether its single instance was reached is in its inbox.
result<void> inquiry::by_posting(const v1::FlowType& foreign) {
  if (!foreign.single() || foreign.routed() <= what_.at.value) {
    made_.untold.push_back(foreign.name());
    return {};
  }
  const flow_key key{foreign.name()};
  auto view = now_.find(key);
  if (!view) return view.error();
  if (!*view || !(*view)->stored) return {};
  std::optional<position> after;
  if (what_.at != position{}) after = position{what_.at.value - 1};
  auto next = from_.postings((*view)->row.entry.number, after, 1);
  if (!next) return next.error();
  if (next->empty() || next->front().at != what_.at) return {};
  return add_flow(key, next->front().starts ? event_reach::starts : event_reach::joins);
}

explained_flow& inquiry::add_type(std::string_view type, event_fate fate) {
  auto& made = made_.flows.emplace_back();
  made.key = type;
  made.fate = fate;
  made.hosted = now_.is_known(type);
  made.inert = now_.is_inert(type);
  return made;
}

/// True: the event did not come as far as the flows of this type, and why is added.
bool inquiry::add_unless_routed(std::string_view type, event_reach how) {
  const auto found = now_.types().find(type);
  if (found == now_.types().end()) return false;
  const auto& row = found->second;
  if (row.has_error_position() && row.error_position() <= what_.at.value) {
    const bool here = row.error_position() == what_.at.value;
    auto& made = add_type(type, here ? event_fate::stopped_on : event_fate::not_reached);
    made.stopped_at = position{row.error_position()};
    made.detail = row.error_message();
    return true;
  }
  if (const auto* skip = find_skip(row.skipped(), what_.at)) {
    add_type(type, event_fate::type_skipped).detail = skip->error();
    return true;
  }
  const bool was_taken_over =
      how == event_reach::explicitly && what_.at.value < row.explicit_before();
  if (!row.explicit_only() && what_.at.value < row.since() && !was_taken_over) {
    add_type(type, event_fate::too_early);
    return true;
  }
  return false;
}

result<void> inquiry::add_flow(const flow_key& key, event_reach how) {
  auto view = now_.find(key);
  if (!view) return view.error();
  auto& made = add_type(key.text(), event_fate::not_routed);
  made.how = how;
  made.hosted = now_.is_known(key.type());
  made.inert = now_.is_inert(key.type());
  if (*view && (*view)->row.checkpoint.has_position()) {
    made.checkpoint = position{(*view)->row.checkpoint.position()};
  }
  const bool there = *view && what_.at >= (*view)->row.entry.born;
  if (how == event_reach::joins && !there) {
    made.fate = event_fate::nobody_there;
  } else if (*view) {
    return settle(made, **view);
  }
  return {};
}

/// What became of an event that is in the flow's inbox.
result<void> inquiry::settle(explained_flow& made, const flow_view& view) const {
  const auto& checkpoint = view.row.checkpoint;
  const bool stopped = checkpoint.has_error_position();
  if (stopped) made.stopped_at = position{checkpoint.error_position()};
  if (stopped && made.stopped_at == what_.at) {
    made.fate = event_fate::failed;
    made.detail = checkpoint.error_message();
  } else if (const auto* skip = find_skip(checkpoint.skipped(), what_.at)) {
    made.fate = event_fate::skipped;
    made.detail = skip->error();
  } else if (!is_unhandled(what_.at, checkpoint)) {
    auto passed = passed_by(view, made.how);
    if (!passed) return passed.error();
    made.fate = *passed ? event_fate::passed_by : event_fate::handled;
  } else if (!view.row.latest || *view.row.latest < what_.at) {
    made.fate = event_fate::not_routed;
  } else {
    made.fate = stopped ? event_fate::behind : event_fate::waits;
  }
  return {};
}

/// Of topics the last ends of lives are kept, and the firings that came after their cancellation.
result<bool> inquiry::passed_by(const flow_view& view, event_reach how) const {
  const auto& checkpoint = view.row.checkpoint;
  const bool own = rules::is_own_firing(what_, view.row.entry.key);
  if (own && contains(checkpoint.voided(), what_.at)) return true;
  std::optional<position> end;
  for (const auto one : checkpoint.ended()) {
    if (one < what_.at.value) end = position{one};
  }
  if (!end || (how != event_reach::joins && !own)) return false;
  auto life = life_after(view, *end);
  if (!life) return life.error();
  return !*life || (own && rules::is_of_former_life(what_, **life));
}

/// Where the life began in which the event came; none: the last one had ended at `end`.
result<std::optional<position>> inquiry::life_after(const flow_view& view, position end) const {
  for (auto after = end; view.stored;) {
    auto page = from_.postings(view.row.entry.number, after, limits::behind_read_max);
    if (!page) return page.error();
    std::erase_if(*page, [&](const posting& one) { return one.at >= what_.at; });
    if (page->empty()) break;
    after = page->back().at;
    std::erase_if(*page, [](const posting& one) { return !one.starts; });
    auto read = read_inbox(from_, now_.known().registry, view.row.entry.key, *page);
    if (!read) return read.error();
    for (const auto& seen : read->seen) {
      if (!rules::is_own_firing(*seen.what, view.row.entry.key))
        return std::optional{seen.what->at};
    }
  }
  return std::optional<position>{};
}

}  // namespace

result<explanation> explain(const store& from, const overview& now, position at) {
  const std::array<position, 1> wanted{at};
  window_builder built{now.known().registry, at};
  auto read = from.fetch(wanted, [&](const event_row& row) {
    built.add(row.at, row.type, row.time, row.payload, row.envelope);
    return true;
  });
  if (!read) return read.error();
  if (built.size() == 0) {
    return error{errc::not_found, fmt::format("there is no event at position {}", at.value)};
  }
  const auto events = built.finish(at.next());
  return inquiry{from, now, events->events().front()}.run();
}

std::string_view name_of(event_fate fate) {
  switch (fate) {
    case event_fate::handled: return "handled";
    case event_fate::passed_by: return "passed by";
    case event_fate::skipped: return "skipped";
    case event_fate::failed: return "failed";
    case event_fate::behind: return "behind";
    case event_fate::waits: return "waits";
    case event_fate::nobody_there: return "nobody there";
    case event_fate::names_nobody: return "names nobody";
    case event_fate::too_early: return "too early";
    case event_fate::stopped_on: return "stopped on";
    case event_fate::not_reached: return "not reached";
    case event_fate::type_skipped: return "type skipped";
    case event_fate::not_routed: return "not routed";
  }
  return "";
}

std::string_view name_of(event_reach reach) {
  switch (reach) {
    case event_reach::explicitly: return "explicit";
    case event_reach::starts: return "starts";
    case event_reach::joins: return "joins";
  }
  return "";
}

std::string_view name_of(event_kind kind) {
  switch (kind) {
    case event_kind::plain: return "routed by type";
    case event_kind::explicitly: return "explicit routes";
    case event_kind::schedule_entry: return "schedule entry";
    case event_kind::own_record: return "own record";
  }
  return "";
}

}  // namespace millrace
