/// One history of the scan shop, chosen by a seed: appends, races, faults, crashes, repairs, and
/// programs that change.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "client.hpp"
#include "faults.hpp"
#include "millrace/host_test.hpp"
#include "program.hpp"
#include "twin_on_disk.hpp"

namespace millrace::simulation {

class shop_run {
 public:
  /// `tells`: prints what it does, for a person who looks for the reason of a failure.
  shop_run(std::uint64_t seed, bool tells);
  ~shop_run();
  shop_run(const shop_run&) = delete;
  shop_run& operator=(const shop_run&) = delete;

  /// The whole history: trouble, then quiet.
  void play();

  [[nodiscard]] host_test& test() { return test_; }
  /// Of this store from one on a disk.
  [[nodiscard]] std::vector<std::string> differences_on_disk();
  [[nodiscard]] const client& appends() const { return client_; }
  [[nodiscard]] const program& flows_of() const { return program_; }
  /// How often it did what.
  [[nodiscard]] const std::map<std::string, std::uint64_t>& counts() const { return counts_; }
  /// What was seen to be wrong on the way.
  [[nodiscard]] const std::vector<std::string>& findings() const { return findings_; }

 private:
  void act();
  void append_some();
  void append_on_condition();
  void step_some();
  void advance(duration by);
  void arm_a_crash();
  void revive();
  void stop_and_start();
  void start();
  void fill_the_disk();
  void repair_some(bool all);
  void order_reset(const flow_key& key, bool accepts);
  void reset_one();
  void reset_type();
  void skip_one();
  void rebuild_all();
  void switch_some();
  void switch_all();
  [[nodiscard]] std::vector<flow_summary> flows();
  void read_one();
  void subscribe();
  void settle();
  void restart_quietly();

  void expect(bool holds, const std::string& otherwise);
  void say(const std::string& what, const std::string& detail);

  bool tells_;
  scans::dice dice_;
  faults bugs_;
  program program_;
  bool program_changes_ = true;
  host_test test_;
  twin_on_disk twin_;
  client client_;
  std::optional<std::uint64_t> dies_at_;  ///< before this commit
  std::uint64_t commits_refused_ = 0;     ///< still to come: the disk is full
  bool disk_troubled_ = false;            ///< it was; what it held back may not be written yet
  duration time_left_ = std::chrono::hours{20};  ///< the id window is longer
  std::map<std::string, std::string, std::less<>> bytes_by_etag_;
  std::map<std::string, std::optional<position>, std::less<>> frozen_;  ///< read so in this life
  subscription subscription_;
  std::optional<position> subscribed_to_;  ///< next that is due; none: nobody listens
  std::map<std::string, std::uint64_t> counts_;
  std::vector<std::string> findings_;
};

}  // namespace millrace::simulation
