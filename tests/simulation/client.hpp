/// A client of the shop: appends inputs until each is acknowledged.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "millrace/host_test.hpp"
#include "scans/generator.hpp"

namespace millrace::simulation {

/// What was appended only under a condition, and was: for the oracle to see whether it held.
struct conditional_append {
  append_condition condition;
  position at;
};

/// Gives every input an event id of its own. An append that is not acknowledged, because the
/// process died, the disk was full or its condition did not hold, goes out again under that id.
class client {
 public:
  struct acknowledged {
    position at;
    new_event what;
  };
  using answers = std::map<std::string, acknowledged, std::less<>>;  ///< by event id

  explicit client(std::uint64_t seed) : dice_(seed), shop_(seed) {}

  /// Queues `count` new inputs as one append.
  void send(host_test& to, std::size_t count, append_condition condition = {});
  /// Queues what is not acknowledged, as one append.
  void resend(host_test& to);
  /// Queues some that were acknowledged lately: their ids must give the same positions. A run is
  /// shorter than the id window.
  void repeat(host_test& to, std::size_t count);
  /// Takes the answers that are there; afterwards, when the process has died, none may be missing.
  void collect(bool process_died);

  [[nodiscard]] bool has_unacknowledged() const { return !unacknowledged_.empty(); }
  [[nodiscard]] const answers& acknowledgements() const { return acknowledged_; }
  [[nodiscard]] const std::vector<conditional_append>& conditionals() const {
    return conditionals_;
  }
  [[nodiscard]] const std::vector<std::string>& findings() const { return findings_; }

 private:
  struct in_flight {
    std::vector<new_event> events;
    append_condition condition;
    future<result<std::vector<position>>> answer;
  };

  [[nodiscard]] new_event invent();
  void queue(host_test& to, std::vector<new_event> events, append_condition condition);
  void take(in_flight& one);
  void acknowledge(const in_flight& one, const std::vector<position>& at);

  scans::dice dice_;
  scans::generator shop_;
  std::vector<scans::UpdateScanRegistry> registries_;
  std::uint64_t ids_ = 0;
  std::vector<in_flight> in_flight_;
  std::vector<new_event> unacknowledged_;
  answers acknowledged_;
  std::vector<std::string> latest_ids_;
  std::vector<conditional_append> conditionals_;
  std::vector<std::string> findings_;
};

}  // namespace millrace::simulation
