/// What the tests of the readers share: text in, parts out.
#pragma once

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "exchange/reader.hpp"
#include "millrace/envelope.pb.h"

namespace millrace::test {

using exchange::format;

/// Everything that was read, laid out for comparison.
struct all_read {
  struct row {
    std::uint64_t at = 0;
    std::string type;
    timestamp time;
    std::string payload;
    v1::Envelope envelope;
  };
  std::vector<row> events;
  std::vector<exchange::imported_checkpoint> checkpoints;  // their states: `states`
  std::vector<std::string> states;
  std::vector<schedule_entry> scheduled;
  std::vector<position> unscheduled;
  std::vector<exchange::bad_line> bad;
  std::uint64_t lines = 0;
  std::uint64_t ignored = 0;
  std::size_t parts = 0;
  bool stopped = false;
  exchange::reading after;

  void add(const exchange::part& from) {
    for (const auto& each : from.events) {
      row made{each.at.value, std::string{each.type}, each.time, std::string{each.payload}, {}};
      made.envelope.ParseFromArray(each.envelope.data(), static_cast<int>(each.envelope.size()));
      events.push_back(std::move(made));
    }
    for (const auto& each : from.checkpoints) {
      states.emplace_back(each.state);
      checkpoints.push_back({each.flow, each.checkpoint, {}});
    }
    scheduled.insert(scheduled.end(), from.scheduled.begin(), from.scheduled.end());
    unscheduled.insert(unscheduled.end(), from.unscheduled.begin(), from.unscheduled.end());
    bad.insert(bad.end(), from.bad.begin(), from.bad.end());
    lines += from.lines;
    ignored += from.ignored;
    stopped = stopped || from.stops;
    after = from.after;
    ++parts;
  }
  [[nodiscard]] std::string why(std::size_t index = 0) const {
    return index < bad.size() ? bad[index].why : std::string{"nothing is bad"};
  }
  [[nodiscard]] std::vector<std::string> routes(std::size_t index) const {
    const auto& keys = events.at(index).envelope.routes().keys();
    return {keys.begin(), keys.end()};
  }
};

struct read_options {
  exchange::reading from;
  exchange::reading_rules rules;
  std::size_t at_once = SIZE_MAX;  ///< bytes handed over at a time
  exchange::reader::hurry hurry = exchange::reader::hurry::full_parts;
};

inline all_read read(std::string_view text, const read_options& options = {}) {
  exchange::reader from{options.from, options.rules};
  all_read all;
  const auto drain = [&] {
    while (const auto part = from.next(options.hurry)) all.add(*part);
  };
  while (!text.empty() && !from.stopped()) {
    const auto room = from.room();
    const auto size = std::min({room.size(), text.size(), options.at_once});
    std::memcpy(room.data(), text.data(), size);
    from.took(size);
    text.remove_prefix(size);
    drain();
  }
  from.end();
  drain();
  return all;
}

inline all_read read_all(std::string_view text) {
  return read(text, {.rules = {.skip_bad = true}});
}

}  // namespace millrace::test
