/// Handlers and routes that throw now and then, over flows that do not know it.
#pragma once

#include <stdexcept>

#include "millrace/flow.hpp"
#include "scans/generator.hpp"

namespace millrace::simulation {

/// Bugs that come and go: while armed, one call in so many throws. Seeded; one thread.
class faults {
 public:
  explicit faults(std::uint64_t seed) : dice_(seed) {}
  void arm(std::uint64_t one_in) { one_in_ = one_in; }
  void disarm() { one_in_ = 0; }
  /// While the oracle calls what it shares with the engine.
  void pause(bool paused) { paused_ = paused; }
  void may_throw() {
    if (one_in_ != 0 && !paused_ && dice_.one_in(one_in_))
      throw std::runtime_error{"an injected fault"};
  }

 private:
  scans::dice dice_;
  std::uint64_t one_in_ = 0;
  bool paused_ = false;
};

/// A flow whose handlers fail before or after they did their work.
class faulty_instance final : public flow_instance {
 public:
  faulty_instance(std::unique_ptr<flow_instance> inner, faults& bugs)
      : inner_(std::move(inner)), bugs_(bugs) {}

  void given(std::size_t observed, const google::protobuf::Message& body,
             const event& envelope) override {
    bugs_.may_throw();
    inner_->given(observed, body, envelope);
    bugs_.may_throw();
  }
  void when(std::size_t observed, const google::protobuf::Message& body, const event& envelope,
            reactions& then) const override {
    inner_->when(observed, body, envelope, then);
    bugs_.may_throw();
  }
  bool ends(std::size_t observed, const google::protobuf::Message& body,
            const event& envelope) const override {
    bugs_.may_throw();
    return inner_->ends(observed, body, envelope);
  }
  google::protobuf::Message* state() override { return inner_->state(); }

 private:
  std::unique_ptr<flow_instance> inner_;
  faults& bugs_;
};

[[nodiscard]] inline flow_type with_faults(flow_type type, faults& bugs) {
  type.make = [make = std::move(type.make), &bugs] {
    return std::make_unique<faulty_instance>(make(), bugs);
  };
  return type;
}

}  // namespace millrace::simulation
