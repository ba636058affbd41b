/// Tests one flow alone: no store, no threads, virtual time.
///
///     millrace::flow_test<payment_reminder> test;
///     test.given(placed).when(paid).then_done().then_nothing_else();
#pragma once

#include <google/protobuf/util/message_differencer.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "millrace/flow.hpp"

namespace millrace {

/// Thrown when an expectation does not hold; the message shows both sides.
class flow_test_failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The untyped part.
class flow_tester {
 public:
  explicit flow_tester(flow_type type);
  ~flow_tester();

  void observe(const google::protobuf::Message& body, bool decide);
  void advance(duration by);
  [[nodiscard]] const google::protobuf::Message* state() const;
  [[nodiscard]] bool alive() const;

  void expect_emitted(const google::protobuf::Message& body, std::optional<duration> after);
  void expect_cancelled(std::string_view type);
  void expect_done();
  void expect_nothing_else();

 private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

/// `given` folds events of the past (own emissions too: write them out), `when` lets the flow
/// observe one event and decide; the `then`s take its reactions in order. An event that starts the
/// flow anew after done works as in the engine. Chainable; throws flow_test_failure.
template <flow F>
class flow_test {
 public:
  template <class... Settings>
  explicit flow_test(Settings... settings) : tester_(describe<F>({}, std::move(settings)...)) {}

  flow_test& given(const google::protobuf::Message& past) {
    tester_.observe(past, false);
    return *this;
  }
  flow_test& when(const google::protobuf::Message& now) {
    tester_.observe(now, true);
    return *this;
  }
  /// Virtual time passes; it starts at 2025-01-01 00:00 UTC and moves by nothing else.
  flow_test& after(duration passes) {
    tester_.advance(passes);
    return *this;
  }
  flow_test& then(const google::protobuf::Message& emitted) {
    tester_.expect_emitted(emitted, std::nullopt);
    return *this;
  }
  /// Scheduled that long after the event at hand.
  flow_test& then_after(duration delay, const google::protobuf::Message& scheduled) {
    tester_.expect_emitted(scheduled, delay);
    return *this;
  }
  template <class E>
  flow_test& then_cancelled() {
    tester_.expect_cancelled(event_type_name<E>());
    return *this;
  }
  flow_test& then_done() {
    tester_.expect_done();
    return *this;
  }
  flow_test& then_nothing_else() {
    tester_.expect_nothing_else();
    return *this;
  }

  [[nodiscard]] const auto& state() const requires detail::has_state<F> {
    return static_cast<const decltype(F::state)&>(*tester_.state());
  }

 private:
  flow_tester tester_;
};

}  // namespace millrace
