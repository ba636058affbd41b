/// The inbox of one flow instance, by hand: events as they would come from the timeline.
#pragma once

#include <catch2/catch.hpp>

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "flow/runner.hpp"
#include "flow/state_saver.hpp"
#include "millrace/envelope.pb.h"
#include "wire/envelope_view.hpp"

namespace millrace::test {

struct recorded {
  position at;
  bool starts = true;
  std::string type;
  std::string payload;
  std::unique_ptr<google::protobuf::Message> body;
  v1::Envelope envelope;
  std::string encoded;
  envelope_view read;
  event view;
  /// The envelope as events show it.
  const envelope_view* shown() {
    encoded = envelope.SerializeAsString();
    REQUIRE(read_usual(encoded, read));
    return &read;
  }
};

/// Position p is recorded p minutes after the epoch.
class inbox {
 public:
  explicit inbox(flow_key key = flow_key{"Diary", "x"}) : key_(std::move(key)) {}

  recorded& add(const google::protobuf::Message& body, bool starts = true) {
    auto& made = events_.emplace_back();
    made.at = next_;
    next_ = next_.next();
    made.starts = starts;
    made.type = body.GetDescriptor()->name();
    made.payload = encode_deterministic(body);
    made.body.reset(body.New());
    made.body->CopyFrom(body);
    return made;
  }

  /// An unscheduled reaction of this flow arrives at its position.
  template <class E>
  recorded& add_own(const reaction& made, bool starts = false) {
    auto& arrived = add(parse<E>(made), starts);
    fill(arrived, made);
    arrived.envelope.set_emitter(key_.text());
    arrived.envelope.set_ordinal(made.ordinal);
    return arrived;
  }

  /// A timer of this flow fires.
  template <class E>
  recorded& add_firing(const reaction& made, bool starts = false) {
    auto& arrived = add(parse<E>(made), starts);
    fill(arrived, made);
    arrived.envelope.set_from_schedule(true);
    arrived.envelope.mutable_timer()->set_flow(key_.text());
    arrived.envelope.mutable_timer()->set_cause(made.cause.value);
    return arrived;
  }

  void leave_hole(std::uint64_t size = 1) { next_ = {next_.value + size}; }

  /// From the n-th on, at most `count`. Valid until the inbox changes.
  std::vector<observation> take(std::size_t n = 0, std::size_t count = SIZE_MAX) {
    std::vector<observation> seen;
    for (std::size_t i = n; i < events_.size() && i - n < count; ++i) {
      auto& one = events_[i];
      one.view = {one.at,      one.type,       timestamp{std::chrono::minutes{one.at.value}},
                  one.payload, one.body.get(), one.shown()};
      seen.push_back({&one.view, one.starts});
    }
    return seen;
  }

  [[nodiscard]] std::size_t size() const { return events_.size(); }
  [[nodiscard]] recorded& operator[](std::size_t n) { return events_[n]; }

  /// The same with what the flow is recorded to have emitted because of each.
  std::vector<observation> take_recorded(std::size_t n = 0, std::size_t count = SIZE_MAX) {
    auto seen = take(n, count);
    emissions_.clear();
    for (const auto& one : take()) {
      if (one.what->emitter() == key_.text()) {
        emissions_[one.what->cause()->value].push_back(*one.what);
      }
    }
    for (auto& one : seen) one.recorded = emissions_[one.what->at.value];
    return seen;
  }

 private:
  template <class E>
  static E parse(const reaction& made) {
    E body;
    body.ParseFromString(made.payload);
    return body;
  }
  static void fill(recorded& arrived, const reaction& made) {
    arrived.envelope.set_cause(made.cause.value);
    arrived.envelope.set_depth(made.depth);
  }

  flow_key key_;
  position next_;
  std::deque<recorded> events_;
  std::map<std::uint64_t, std::vector<event>> emissions_;
};

template <class State>
std::vector<std::string> lines_of(const runner& flow) {
  const auto* kept = static_cast<const State*>(flow.state());
  if (kept == nullptr) return {};
  return {kept->lines().begin(), kept->lines().end()};
}

}  // namespace millrace::test
