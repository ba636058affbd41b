/// `/v1/monitor`: how everything stands, told again and again to all who watch.
/// docs/guide/monitor.md
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "service/conversation.hpp"
#include "service/flow_count.hpp"
#include "service/monitor_figures.hpp"
#include "service/recent_figures.hpp"
#include "service/touched_flows.hpp"

namespace millrace::service {

/// Takes the figures on one thread for all clients; while there are none, only every few seconds,
/// for those who come. What a client was told last is a number: it gets all that changed since,
/// when it has taken that, however long it was. Made, begun and stopped by the daemon; the rest is
/// for any thread.
class monitor {
 public:
  explicit monitor(parts& of) : of_(of), count_(of.over) {}
  ~monitor() { stop(); }
  monitor(const monitor&) = delete;
  monitor& operator=(const monitor&) = delete;

  /// Once, before the rest.
  void begin();
  [[nodiscard]] std::shared_ptr<conversation> talk_to(std::weak_ptr<outlet> client,
                                                      view_wish first);
  /// On a thread of the journal. A flow that stopped is looked at at once.
  void note(const commit_batch& written) {
    if (touched_.note(written)) hurry();
  }
  void stop();
  /// Messages that were left out because a client had not taken the one before.
  [[nodiscard]] std::uint64_t coalesced() const { return coalesced_; }

 private:
  class client;
  /// What is known. Of single flows: what somebody watches.
  struct picture {
    explicit picture(const parts& of) : figures(of), rows(of) {}
    monitor_figures figures;
    flow_rows rows;
    flow_board board;
    flow_board::moment now = 0;
    position head;
    std::size_t turn = 0;     ///< of those that the router is asked about
    timestamp count_after{};  // steady
    bool changed = true;      ///< since the last count
    std::uint64_t commits = 0;
  };

  void hurry();
  void run();
  result<void> look_and_tell();
  void take_wishes();
  result<void> look();
  void take_count(std::vector<flow_number>& wanted);
  void count_now_and_then(bool hurry);
  result<void> read_flows(const touched_flows::news& news);
  void ask_loads(const touched_flows::news& news);
  void tell_clients();
  [[nodiscard]] std::optional<std::string> message_to(const client& one) const;
  [[nodiscard]] std::string snapshot_for(const client& one) const;
  [[nodiscard]] std::string delta_for(const client& one, const flow_board::changes& changes) const;
  void fail(const error& why);

  parts& of_;
  touched_flows touched_;
  flow_count count_;
  std::unique_ptr<picture> picture_;  // on its own thread, as the two that follow
  recent_figures recent_;
  bool is_watched_ = false;
  /// When a client may be told again that was told just before a look; else never.
  std::chrono::steady_clock::time_point tell_again_ = std::chrono::steady_clock::time_point::max();
  std::atomic<std::uint64_t> coalesced_{0};

  std::mutex guard_;  // of what follows, and of what clients want
  std::condition_variable changed_;
  std::vector<std::shared_ptr<client>> clients_;
  bool hurry_ = false;                               // somebody is new, or a flow stopped
  std::chrono::steady_clock::time_point hurried_{};  // for one that stopped
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace millrace::service
