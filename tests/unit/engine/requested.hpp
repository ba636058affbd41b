/// Requests to the journal, by hand, and what the timeline holds after them.
#pragma once

#include <fmt/format.h>
#include <catch2/catch.hpp>

#include "engine/encoded_append.hpp"
#include "millrace/envelope.pb.h"
#include "routing/interest.hpp"
#include "store/memory_store.hpp"
#include "support/flows.pb.h"
#include "wire/type_registry.hpp"

namespace millrace::test {

using positions = std::vector<position>;

/// What conditional appends ask about.
struct words {
  static constexpr std::string_view name = "Words";
  using observes = events<Word>;
  static millrace::route route(const Word& e) { return starts(e.id()); }
  void given(const Word&) {}
  Diary state;
};

inline new_event word(const std::string& id, std::string event_id = {}) {
  Word body;
  body.set_id(id);
  auto made = new_event::of(body);
  made.id = std::move(event_id);
  return made;
}
inline append_request append_of(std::vector<new_event> events) {
  append_request made;
  made.events = std::move(events);
  return made;
}

/// As the journal would lay it out.
inline encoded_append encoded(const append_request& from) {
  append_request copy;
  copy.events = from.events;
  copy.condition = from.condition;
  copy.routed = from.routed;
  copy.conflict = from.conflict;
  copy.compares = from.compares;
  const std::shared_ptr<char[]> room{new char[encoded_size(copy.events)]};
  return encode(copy, room.get(), room);
}

inline timestamp minute(int minutes) { return timestamp{std::chrono::minutes{minutes}}; }

/// A turn of Words|a, flow number 0, over the event at `at`.
inline flow_commit turn_at(std::uint64_t at, std::optional<position> expected = std::nullopt) {
  flow_commit made;
  made.flow = flow_number{0};
  made.key = flow_key{"Words", "a"};
  made.expected = expected;
  made.decided.checkpoint.set_position(at);
  return made;
}
inline reaction says(std::uint64_t cause, std::string type, std::uint32_t ordinal = 0) {
  reaction made;
  made.type = std::move(type);
  made.cause = {cause};
  made.ordinal = ordinal;
  made.depth = 1;
  return made;
}
inline reaction sets(std::uint64_t cause, std::string type, int due) {
  auto made = says(cause, std::move(type));
  made.due = minute(due);
  return made;
}

/// A store in whose directory Words|a has the number 0.
struct stored_words {
  memory_store stored;
  type_registry types;
  interest_table interest{
      interest_table::type_list{std::make_shared<const flow_type>(describe<words>())}};

  stored_words() {
    REQUIRE(types.add(describe<words>()));
    commit_batch directory;
    directory.flows.push_back({flow_number{0}, flow_key{"Words", "a"}, {}});
    REQUIRE(stored.commit(directory));
  }

  /// One line an event: type, cause, and what is special about it.
  [[nodiscard]] std::vector<std::string> lines(std::uint64_t from = 0) const {
    std::vector<std::string> all;
    REQUIRE(stored.scan({from}, stored.tail(), [&](const event_row& row) {
      v1::Envelope envelope;
      envelope.ParseFromArray(row.envelope.data(), static_cast<int>(row.envelope.size()));
      auto line = std::string{row.type};
      if (envelope.has_cause()) line += fmt::format(" <- {}", envelope.cause());
      if (envelope.has_due()) line += " set";
      if (envelope.from_schedule()) line += " fired";
      v1::TimersCancelled cancelled;
      if (row.type == "millrace.TimersCancelled" &&
          cancelled.ParseFromArray(row.payload.data(), static_cast<int>(row.payload.size()))) {
        line += fmt::format(" of {}", fmt::join(cancelled.positions(), " "));
      }
      all.push_back(std::move(line));
      return true;
    }));
    return all;
  }
  [[nodiscard]] v1::Envelope envelope_at(std::uint64_t at) const {
    v1::Envelope envelope;
    const std::vector<position> one{{at}};
    REQUIRE(stored.fetch(one, [&](const event_row& row) {
      return envelope.ParseFromArray(row.envelope.data(), static_cast<int>(row.envelope.size()));
    }));
    return envelope;
  }
  [[nodiscard]] positions scheduled() const {
    positions all;
    const auto entries = stored.schedule(store::timers::all, std::nullopt, 1000);
    for (const auto& entry : *entries) all.push_back(entry.at);
    return all;
  }
};

using texts = std::vector<std::string>;

}  // namespace millrace::test
