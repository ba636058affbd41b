/// A router with its timeline and its store, by hand: what it makes of windows, as text.
#pragma once

#include <fmt/format.h>
#include <catch2/catch.hpp>

#include "millrace/envelope.pb.h"
#include "routing/router.hpp"
#include "store/memory_store.hpp"
#include "support/flows.pb.h"

namespace millrace::test {

/// Many instances; the tags of an Act say where it goes instead of to `id`.
struct diary {
  static constexpr std::string_view name = "Diary";
  using observes = events<Act, Word>;
  static millrace::route route(const Act& e) {
    if (e.tag() == "throw") throw std::runtime_error{"no way"};
    if (e.tag() == "throw a number") throw 42;
    if (e.tag() == "not UTF-8") return starts("\xC3");
    if (e.tag() == "too long") return starts(std::string(1024 - name.size(), 'x'));
    if (e.tag() == "just short enough") return starts(std::string(1023 - name.size(), 'x'));
    if (e.tag() == "too many") {
      millrace::route all;
      for (int i = 0; i < 4097; ++i) all.add(std::to_string(i), true);
      return all;
    }
    if (e.tag() == "twice") return joins(e.id()).starts(e.id());
    if (e.tag() == "nobody") return {};
    return e.joins() ? joins(e.id()) : starts(e.id());
  }
  static millrace::route route(const Word& e) { return joins(e.id()); }
  void given(const Act&) {}
  void given(const Word&) {}
  Diary state;
};

/// One instance.
struct all_words {
  static constexpr std::string_view name = "AllWords";
  using observes = events<Word>;
  void given(const Word&) {}
  Diary state;
};

inline interest_table both_types() {
  return interest_table{{std::make_shared<const flow_type>(describe<diary>()),
                         std::make_shared<const flow_type>(describe<all_words>())}};
}

inline Act act(std::string id, std::string tag = {}) {
  Act made;
  made.set_id(std::move(id));
  made.set_tag(std::move(tag));
  return made;
}
inline Act joining(std::string id) {
  auto made = act(std::move(id));
  made.set_joins(true);
  return made;
}
inline Word word(std::string id) {
  Word made;
  made.set_id(std::move(id));
  return made;
}

inline v1::Envelope routed_to(std::initializer_list<std::string> keys) {
  v1::Envelope made;
  made.mutable_routes();
  for (const auto& key : keys) made.mutable_routes()->add_keys(key);
  return made;
}
inline v1::Envelope caused_by(std::uint64_t cause) {
  v1::Envelope made;
  made.set_cause(cause);
  return made;
}

using texts = std::vector<std::string>;

/// What a window came to: "Diary|a: +0 2" is a delivery of the events 0, as starts, and 2.
struct outcome {
  texts deliveries;
  texts started;  ///< with the position of birth: "Diary|a @0"
  texts parked;
};

class timeline {
 public:
  timeline() {
    REQUIRE(types_.add(describe<diary>()));
    REQUIRE(types_.add(describe<all_words>()));
  }
  position add(const google::protobuf::Message& body, const v1::Envelope& envelope = {}) {
    return add(body.GetDescriptor()->name(), body.SerializeAsString(), envelope);
  }
  position add(std::string type, std::string payload, const v1::Envelope& envelope = {}) {
    rows_.push_back({std::move(type), std::move(payload), envelope.SerializeAsString()});
    return {rows_.size() - 1};
  }
  [[nodiscard]] std::uint64_t tail() const { return rows_.size(); }
  [[nodiscard]] std::shared_ptr<const window> between(std::uint64_t from, std::uint64_t to) const {
    window_builder builder{types_, {from}};
    for (auto at = from; at < to; ++at) {
      const auto& one = rows_[at];
      builder.add({at}, one.type, timestamp{}, one.payload, one.envelope);
    }
    return builder.finish({to});
  }

 private:
  struct row {
    std::string type;
    std::string payload;
    std::string envelope;
  };
  type_registry types_;
  std::vector<row> rows_;
};

struct routing {
  timeline recorded;
  memory_store stored;
  interest_table table = both_types();
  std::optional<router> at_work;
  int lookups = 0;
  std::size_t looked_up = 0;  ///< flows, in all of these

  routing() { restart(); }

  /// The process died and came back. `routed`: types that stand elsewhere than the store says.
  void restart(const std::map<std::string, std::uint64_t>& routed = {}) {
    std::map<std::string, v1::FlowType> types;
    const auto known = stored.flow_types();
    for (const auto& type : *known) types[type.name()] = type;
    for (const auto& type : table.types()) types[type->name].set_name(type->name);
    router::start from{
        .types = {}, .routed = *stored.routed(), .next_number = *stored.flow_count()};
    for (auto& [name, type] : types) {
      if (const auto wanted = routed.find(name); wanted != routed.end()) {
        type.set_routed(wanted->second);
      }
      from.types.push_back(type);
    }
    at_work.emplace(table, from, [this](std::span<const flow_name> names) {
      ++lookups;
      looked_up += names.size();
      return find_flows(stored, names);
    });
  }

  /// Routes a window; what it started is durable at once.
  outcome route(std::uint64_t from, std::uint64_t to) {
    const auto events = recorded.between(from, to);
    const auto made = at_work->route(*events);
    REQUIRE(made);
    if (!made->started.empty()) {
      commit_batch directory;
      directory.flows = made->started;
      REQUIRE(stored.commit(directory));
    }
    outcome shown{.deliveries = {}, .started = {}, .parked = made->parked};
    for (const auto& each : made->started) {
      shown.started.push_back(fmt::format("{} @{}", each.key.text(), each.born.value));
    }
    for (const auto& each : made->deliveries) {
      auto text = each.flow->entry.key.text();
      if (each.previous) text += fmt::format(" after {}", each.previous->value);
      text += ':';
      for (auto i = each.first; i < each.first + each.count; ++i) {
        const auto& entry = (*made->entries)[i];
        text += fmt::format(" {}{}", entry.starts() ? "+" : "",
                            events->events()[entry.index()].at.value);
      }
      shown.deliveries.push_back(std::move(text));
    }
    return shown;
  }
  outcome route() { return route(0, recorded.tail()); }

  void write() {
    REQUIRE(stored.commit(at_work->take_unwritten()));
    at_work->written();
  }

  /// What the store holds of a flow's inbox: "+0 2".
  std::string postings(const flow_key& key) {
    const auto flow = *stored.find_flow(key, first_build);
    if (!flow) return "unknown";
    std::string text;
    const auto all = stored.postings(flow->entry.number, std::nullopt, 1000);
    for (const auto& each : *all) {
      text += fmt::format("{}{}{}", text.empty() ? "" : " ", each.starts ? "+" : "", each.at.value);
    }
    return text;
  }
  std::uint64_t routed(const std::string& type) { return at_work->running(type)->routed(); }
};

}  // namespace millrace::test
