#include "scans/expected.hpp"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <memory>
#include <set>
#include <tuple>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

namespace scans {
namespace {

using google::protobuf::Message;
using millrace::event;
using millrace::flow_key;
using millrace::flow_type;
using millrace::position;
using millrace::reactions;

/// Names of what the engine records for itself: a timer taken off the schedule.
constexpr std::string_view engines_own = "millrace.";

std::string bytes_of(const Message& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream out{&bytes};
  google::protobuf::io::CodedOutputStream coded{&out};
  coded.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

/// One instance between its start and its end.
struct life {
  std::unique_ptr<millrace::flow_instance> flow;
  position begun;
  std::map<std::string, position, std::less<>> cancelled_before;  ///< by event type
};

struct decision {
  position cause;
  std::string emitter;
  std::string type;
  std::string payload;
  std::optional<millrace::timestamp> due;

  [[nodiscard]] auto key() const { return std::tie(cause, emitter, type, payload, due); }
  friend bool operator<(const decision& a, const decision& b) { return a.key() < b.key(); }
  [[nodiscard]] std::string text() const {
    return fmt::format("{} by {} on the event at {}", type, emitter, cause.value);
  }
};

class interpreter {
 public:
  interpreter(std::span<const recorded_event> timeline, std::vector<flow_type> types,
              skipped_events skipped, beginnings since)
      : timeline_(timeline),
        types_(std::move(types)),
        skipped_(std::move(skipped)),
        since_(std::move(since)) {
    for (const auto& one : timeline_) by_position_[one.at.value] = &one;
  }

  expected_run run() {
    for (const auto& one : timeline_) {
      if (!one.emitter.empty() && !one.type.starts_with(engines_own)) {
        recorded_.insert(
            {one.cause.value_or(position{}), one.emitter, one.type, one.payload, one.due});
      }
      if (!one.due) observe(one);
    }
    expected_run made;
    for (const auto& [key, living] : lives_) {
      const auto* state = living.flow->state();
      made.states[key] = state == nullptr ? std::string{} : bytes_of(*state);
    }
    compare(made.violations);
    return made;
  }

 private:
  void observe(const recorded_event& one) {
    for (const auto& type : types_) {
      const auto observed = type.find(one.type);
      if (observed == type.observes.size()) continue;
      const auto first = since_.find(type.name);
      if (first != since_.end() && one.at < first->second) continue;
      const std::unique_ptr<Message> body{type.observes[observed].prototype->New()};
      body->ParseFromString(one.payload);
      const event seen{one.at, one.type, one.time, one.payload, body.get(), nullptr};
      for (const auto& [key, starts] : targets(type, observed, seen)) {
        reach(type, observed, key, starts, one, seen);
      }
    }
  }

  static std::vector<std::pair<std::string, bool>> targets(const flow_type& type,
                                                           std::size_t observed,
                                                           const event& seen) {
    if (type.single) return {{type.name, true}};
    std::vector<std::pair<std::string, bool>> keys;
    const auto route = type.observes[observed].route(*seen.body, seen);
    for (const auto& target : route.targets()) {
      keys.emplace_back(flow_key{type.name, target.id}.text(), target.starts);
    }
    return keys;
  }

  void reach(const flow_type& type, std::size_t observed, const std::string& key, bool starts,
             const recorded_event& one, const event& seen) {
    const auto skips = skipped_.find(key);
    if (skips != skipped_.end() && skips->second.contains(one.at)) return;
    const auto* entry = own_timer(key, one);
    auto found = lives_.find(key);
    if (found == lives_.end()) {
      if (!starts || entry != nullptr) return;
      found = lives_.emplace(key, life{type.make(), one.at, {}}).first;
    }
    auto& living = found->second;
    if (entry != nullptr && is_void(living, *entry)) return;
    const bool folded = one.emitter == key && one.cause && *one.cause >= living.begun;
    if (!folded) living.flow->given(observed, *seen.body, seen);
    if (type.topic) {
      if (decide(type, observed, key, living, seen)) lives_.erase(found);
    } else if (living.flow->ends(observed, *seen.body, seen)) {
      lives_.erase(found);
    }
  }

  /// The schedule's entry, when the event is the firing of a timer that this flow set.
  const recorded_event* own_timer(const std::string& key, const recorded_event& one) const {
    if (!one.from_schedule || !one.cause) return nullptr;
    const auto entry = by_position_.find(one.cause->value);
    const bool own = entry != by_position_.end() && entry->second->emitter == key;
    return own ? entry->second : nullptr;
  }

  static bool is_void(const life& living, const recorded_event& entry) {
    const auto set_by = entry.cause.value_or(position{});
    const auto cancelled = living.cancelled_before.find(entry.type);
    return set_by < living.begun ||
           (cancelled != living.cancelled_before.end() && set_by < cancelled->second);
  }

  /// True: the instance has ended.
  bool decide(const flow_type& type, std::size_t observed, const std::string& key, life& living,
              const event& seen) {
    reactions then{seen};
    living.flow->when(observed, *seen.body, seen, then);
    for (const auto& one : then.emissions()) {
      if (one.due && then.is_done()) continue;
      const auto name = one.body->GetDescriptor()->name();
      decided_.insert({seen.at, key, name, bytes_of(*one.body), one.due});
      if (!one.due) fold_own(type, key, living, seen, name, *one.body);
    }
    for (const auto cancelled : then.cancelled()) {
      living.cancelled_before[std::string{cancelled}] = seen.at;
    }
    return then.is_done();
  }

  static void fold_own(const flow_type& type, const std::string& key, life& living,
                       const event& cause, const std::string& name, const Message& body) {
    const auto observed = type.find(name);
    if (observed == type.observes.size()) return;
    const event own{millrace::unplaced, name, cause.time, {}, &body, nullptr};
    for (const auto& [target, starts] : targets(type, observed, own)) {
      if (target == key) living.flow->given(observed, body, own);
    }
  }

  void compare(std::vector<std::string>& violations) const {
    for (const auto& one : decided_) {
      const auto wanted = decided_.count(one), found = recorded_.count(one);
      if (found < wanted) violations.push_back("not recorded: " + one.text());
    }
    for (const auto& one : recorded_) {
      const auto wanted = decided_.count(one), found = recorded_.count(one);
      if (found > wanted) violations.push_back("recorded too often: " + one.text());
    }
  }

  std::span<const recorded_event> timeline_;
  std::vector<flow_type> types_;
  skipped_events skipped_;
  beginnings since_;
  std::unordered_map<std::uint64_t, const recorded_event*> by_position_;
  std::map<std::string, life, std::less<>> lives_;
  std::multiset<decision> decided_;
  std::multiset<decision> recorded_;
};

}  // namespace

expected_run expected(std::span<const recorded_event> timeline, std::vector<flow_type> types,
                      skipped_events skipped, beginnings since) {
  return interpreter{timeline, std::move(types), std::move(skipped), std::move(since)}.run();
}

expected_run expected(std::span<const recorded_event> timeline, shop_settings settings) {
  struct collector {
    std::vector<flow_type> types;
    void add(flow_type type) { types.push_back(std::move(type)); }
  } all;
  add_scans(all, settings);
  return expected(timeline, std::move(all.types));
}

}  // namespace scans
