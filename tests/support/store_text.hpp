/// Everything that a read of a store gives, in a form that compares and prints.
#pragma once

#include <fmt/format.h>
#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "store/store.hpp"

namespace millrace::test {

template <class Done>
void require_done(const Done& done) {
  if (!done) FAIL(done.error().message);
}

inline std::string maybe_text(std::optional<position> at) {
  return at ? fmt::to_string(at->value) : "none";
}

template <class Read>
auto got(Read read) {
  require_done(read);
  return std::move(*read);
}

inline std::string text_of(const event_row& row) {
  return fmt::format("{} {} {} payload={} envelope={}", row.at.value, row.type,
                     row.time.time_since_epoch().count(), row.payload, row.envelope);
}

inline std::string text_of(const flow_row& row) {
  return fmt::format("{} {} born={} latest={} postings={} checkpoint=[{}]",
                     static_cast<std::uint32_t>(row.entry.number), row.entry.key.text(),
                     row.entry.born.value, maybe_text(row.latest), row.postings,
                     row.checkpoint.ShortDebugString());
}

inline std::string text_of(const posting& one) {
  return fmt::format("{}{}", one.at.value, one.starts ? "s" : "j");
}

inline std::string text_of(const schedule_entry& entry) {
  return fmt::format("{} due={} {} flow={} set_by={}", entry.at.value,
                     entry.due.time_since_epoch().count(), entry.type, entry.flow,
                     maybe_text(entry.set_by));
}

inline std::vector<std::string> scanned(const store& from, std::uint64_t begin, std::uint64_t end) {
  std::vector<std::string> rows;
  require_done(from.scan({begin}, {end}, [&](const event_row& row) {
    rows.push_back(text_of(row));
    return true;
  }));
  return rows;
}

inline std::vector<std::string> fetched(const store& from, std::vector<position> at) {
  std::vector<std::string> rows;
  require_done(from.fetch(at, [&](const event_row& row) {
    rows.push_back(text_of(row));
    return true;
  }));
  return rows;
}

inline std::vector<std::string> pending_keys(const store& from) {
  std::vector<std::string> keys;
  require_done(from.pending([&](const flow_row& row) {
    keys.push_back(row.entry.key.text());
    return true;
  }));
  return keys;
}

inline std::vector<std::string> flow_keys(const store& from, std::string_view type) {
  std::vector<std::string> keys;
  require_done(from.flows(type, [&](const flow_row& row) {
    keys.push_back(row.entry.key.text());
    return true;
  }));
  return keys;
}

inline void add_flow(std::vector<std::string>& lines, const store& from, flow_number number) {
  const auto row = got(from.find_flow(number));
  if (!row) return;
  lines.push_back("flow " + text_of(*row));
  const auto same = got(from.find_flow(row->entry.key, row->entry.build));
  lines.push_back("by key " + (same ? text_of(*same) : "none"));
  if (const auto loaded = got(from.load(number))) {
    lines.push_back("state [" + loaded->checkpoint.ShortDebugString() + "] " + loaded->state);
  }
  std::string postings;
  for (const posting& one : got(from.postings(number, std::nullopt, SIZE_MAX))) {
    postings += text_of(one) + ' ';
  }
  lines.push_back("postings " + postings);
  const auto inbox = got(from.inbox(number));
  lines.push_back("inbox " + inbox.damage);
  if (inbox.postings.to_vector() != got(from.postings(number, std::nullopt, SIZE_MAX))) {
    lines.push_back("the inbox is another one");
  }
  if (!row->latest) return;
  postings.clear();
  for (const posting& one : got(from.postings(number, position{row->latest->value / 2}, 7))) {
    postings += text_of(one) + ' ';
  }
  lines.push_back("some postings " + postings);
  const auto counted = got(
      from.count_postings(number, position{row->latest->value / 3}, {row->latest->value / 3 * 2}));
  lines.push_back(fmt::format("counted {}, state {}", counted, got(from.state_size(number))));
  for (const auto& entry : got(from.timers_of(row->entry.key))) {
    lines.push_back("timer " + text_of(entry));
  }
}

/// All that the store can be asked.
inline std::vector<std::string> everything(const store& from) {
  std::vector<std::string> lines = scanned(from, 0, UINT64_MAX);
  lines.push_back(fmt::format("tail {}", from.tail().value));
  const std::uint32_t flows = got(from.flow_count());
  lines.push_back(fmt::format("flows {}", flows));
  for (std::uint32_t number = 0; number < flows; ++number) {
    add_flow(lines, from, static_cast<flow_number>(number));
  }
  for (const std::string& key : pending_keys(from)) lines.push_back("pending " + key);
  for (const std::string& key : flow_keys(from, "")) lines.push_back("listed " + key);
  for (const std::string& key : flow_keys(from, "A")) lines.push_back("of type A " + key);
  for (const auto& type : got(from.flow_types())) lines.push_back(type.ShortDebugString());
  lines.push_back(fmt::format("routed {}", got(from.routed()).value));
  for (std::uint64_t cause = 0; cause < from.tail().value; ++cause) {
    for (const position at : got(from.effects({cause}))) {
      lines.push_back(fmt::format("effect {} of {}", at.value, cause));
    }
  }
  for (const auto& entry : got(from.schedule(store::timers::all, std::nullopt, SIZE_MAX))) {
    lines.push_back("scheduled " + text_of(entry));
  }
  for (const auto& each : got(from.imports())) {
    lines.push_back(fmt::format("import {} {}", each.number(), each.offset()));
  }
  for (const auto& id : got(from.recent_ids())) {
    lines.push_back(
        fmt::format("id {} {} {}", id.id, id.at.value, id.time.time_since_epoch().count()));
  }
  return lines;
}

}  // namespace millrace::test
