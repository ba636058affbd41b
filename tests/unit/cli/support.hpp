/// A store filled by hand, flows to look at it with, and a command line without a process.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "millrace/envelope.pb.h"
#include "store/memory_store.hpp"
#include "support/flows.pb.h"

namespace millrace::test {

inline constexpr timestamp midnight{std::chrono::sys_days{std::chrono::year{2025} / 1 / 1}};

/// One instance for each id; an Act may start it or join it.
struct acts {
  static constexpr std::string_view name = "Acts";
  using observes = events<Act>;
  static millrace::route route(const Act& e) {
    if (e.tag() == "unroutable") throw std::runtime_error{"no way"};
    return e.joins() ? joins(e.id()) : starts(e.id());
  }
  void given(const Act& e) { state.add_lines(e.tag()); }
  Diary state;
};

struct all_acts {
  static constexpr std::string_view name = "AllActs";
  using observes = events<Act>;
  void given(const Act& e) { state.add_lines(e.tag()); }
  Diary state;
};

/// A topic that asks for no history.
struct listener {
  static constexpr std::string_view name = "Listener";
  using observes = events<Act>;
  void when(const Act&, reactions&) const {}
};

template <class... F>
interest_table::type_list types_of() {
  return {std::make_shared<const flow_type>(describe<F>())...};
}

inline std::unique_ptr<const known_types> known_of(const interest_table::type_list& types) {
  auto known = known_types::of(types);
  return std::move(*known);
}

inline Act act(const std::string& id, const std::string& tag = "x", bool joins = false) {
  Act made;
  made.set_id(id);
  made.set_tag(tag);
  made.set_joins(joins);
  return made;
}

/// Commits what a host would, piece by piece. Position p is recorded p seconds after midnight.
class store_builder {
 public:
  memory_store stored;

  position append(std::string type, std::string payload, const v1::Envelope& envelope = {}) {
    commit_batch batch;
    const auto at = stored.tail();
    batch.events.push_back({at, type, midnight + std::chrono::seconds{at.value}, payload,
                            texts_.emplace_back(envelope.SerializeAsString())});
    if (envelope.has_due() && !envelope.from_schedule()) {
      batch.scheduled.push_back(
          {at, timestamp{duration{envelope.due()}}, type, envelope.emitter(),
           envelope.emitter().empty() ? std::nullopt : std::optional{position{envelope.cause()}}});
    }
    if (envelope.from_schedule()) batch.unscheduled.push_back({envelope.cause()});
    commit(batch);
    return at;
  }
  position append(const google::protobuf::Message& body, const v1::Envelope& envelope = {}) {
    return append(body.GetDescriptor()->name(), body.SerializeAsString(), envelope);
  }
  position append_json(std::string type, std::string json, v1::Envelope envelope = {}) {
    envelope.set_content_type(std::string{content_type_json});
    return append(std::move(type), std::move(json), envelope);
  }
  static v1::Envelope routed_to(const std::vector<std::string>& keys) {
    v1::Envelope made;
    made.mutable_routes();
    for (const auto& key : keys) made.mutable_routes()->add_keys(key);
    return made;
  }
  static v1::Envelope caused_by(std::uint64_t cause, const std::string& emitter = {},
                                std::uint32_t ordinal = 0) {
    v1::Envelope made;
    made.set_cause(cause);
    made.set_emitter(emitter);
    made.set_ordinal(ordinal);
    return made;
  }

  /// Routes all there is and writes it, as the router of a host with these types does.
  void route(const interest_table::type_list& types) {
    const auto known = known_of(types);
    router routing{known->table, *stored_start(stored, known->table),
                   [&](std::span<const flow_name> names) { return find_flows(stored, names); }};
    while (routing.needed() < stored.tail()) {
      window_builder builder{known->registry, routing.needed()};
      (void)stored.scan(routing.needed(), stored.tail(), [&](const event_row& row) {
        builder.add(row.at, row.type, row.time, row.payload, row.envelope);
        return true;
      });
      auto started = (*routing.route(*builder.finish(stored.tail()))).started;
      auto batch = routing.take_unwritten();
      batch.flows = std::move(started);
      commit(batch);
      routing.written();
    }
  }
  void checkpoint(const std::string& key, const v1::Checkpoint& written, std::string state = {}) {
    commit_batch batch;
    const auto row = *stored.find_flow(flow_key::parse(key), first_build);
    batch.checkpoints.push_back({row.value().entry.number, written, std::move(state)});
    commit(batch);
  }
  static v1::Checkpoint handled(std::uint64_t at) {
    v1::Checkpoint made;
    made.set_position(at);
    made.set_snapshot(at);
    return made;
  }
  void commit(const commit_batch& batch) { (void)*std::optional{stored.commit(batch)}; }

 private:
  std::deque<std::string> texts_;
};

/// Runs commands over a store that is there already, and keeps what they print.
class command_line {
 public:
  command_line(const store& over, interest_table::type_list types)
      : types_(std::move(types)), known_(known_of(types_)) {
    in.open_store = [&over]() -> result<std::shared_ptr<const store>> {
      return std::shared_ptr<const store>{&over, [](const store*) {}};
    };
  }

 private:
  static cli::output::writer into(std::string& text) {
    return [&text](std::string_view more) {
      text += more;
      return true;
    };
  }
  std::string out_, err_;
  interest_table::type_list types_;
  std::unique_ptr<const known_types> known_;
  cli::output out_to_{into(out_), {}}, err_to_{into(err_), {}};

 public:
  cli::context in{.program = "millrace",
                  .store = "memory",
                  .json = false,
                  .types = types_,
                  .known = *known_,
                  .out = out_to_,
                  .err = err_to_};

  /// Since the last call.
  std::string out() {
    out_to_.flush();
    return std::exchange(out_, {});
  }
  std::string err() {
    err_to_.flush();
    return std::exchange(err_, {});
  }
};

}  // namespace millrace::test
