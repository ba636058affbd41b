/// Routes rows of the timeline again, to know what the store must hold.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "routing/gathered_flows.hpp"
#include "routing/routing_plan.hpp"
#include "store/store.hpp"
#include "wire/envelope_view.hpp"

namespace millrace {

/// Which flows, and which spans of the cause index, a builder keeps: those whose hash is inside. So
/// a timeline of any size is rebuilt in bounded memory, in several passes.
struct hash_range {
  std::uint64_t first = 0;
  std::uint64_t last = UINT64_MAX;
  [[nodiscard]] bool holds(std::uint64_t hash) const { return hash >= first && hash <= last; }
};

[[nodiscard]] std::uint64_t hash_of_span(std::uint64_t span);

/// Gathers the inboxes and the cause index of the rows it is given, in ascending order; decodes no
/// more of a row than that needs. Every `joins` is kept: whether somebody was there is settled when
/// builders are merged (merged_inbox.hpp). Memory: two to four bytes a posting, about 200 for each
/// flow. One thread, and as many builders as there are threads.
class inbox_builder {
 public:
  /// An event that the store has routed for the type, and that cannot be routed.
  struct failure {
    std::uint32_t type = 0;
    position at;
    std::string message;
  };

  explicit inbox_builder(const routing_plan& plan, hash_range keeps = {});

  /// Only these flows and spans are of interest from now on.
  void watch(std::string_view key);
  void watch_span(std::uint64_t span);

  /// Holds a few postings back, whose flows are looked up together.
  void add(const event_row& row);
  /// Puts in what add() holds back; before anything is asked.
  void settle() { flows_.settle(); }
  /// Drops what is outside, and takes nothing outside any more.
  void narrow(hash_range keeps);

  [[nodiscard]] std::uint64_t covers_until() const { return keeps_.last; }

  [[nodiscard]] const gathered_flows& flows() const { return flows_; }
  /// Pairs of a span, coded as routing/merged_inbox.hpp reads them; by span.
  [[nodiscard]] const std::unordered_map<std::uint64_t, std::string>& spans() const {
    return spans_;
  }
  /// What the rows put on the schedule, and took off it; also outside of what is kept.
  struct timer_changes {
    std::vector<position> set;
    std::vector<position> ended;
  };
  [[nodiscard]] const timer_changes& timers() const { return timers_; }
  /// The first ones of each type.
  [[nodiscard]] const std::vector<failure>& failures() const { return failures_; }
  [[nodiscard]] std::size_t bytes_held() const { return flows_.bytes_held() + spans_held_; }
  [[nodiscard]] std::uint64_t events() const { return events_; }

 private:
  struct known_event {
    std::string name;
    std::span<const std::uint32_t> observers;
    std::unique_ptr<google::protobuf::Message> body;  // made again from each payload
  };
  static constexpr std::size_t recent_events = 64;

  known_event& event_of(std::string_view type);
  bool read_envelope(std::string_view bytes);
  void note_timers(const event_row& row);
  void route_by_type(const event_row& row, bool whole);
  void route_to(std::uint32_t type, const event& what);
  void fill(const event_row& row, known_event& known, bool whole, event& what);
  void fail(std::uint32_t type, position at, std::string_view message);
  void aim(std::string_view key, const routed_scope* typed, posting added);
  void add_effect(effect added);

  const routing_plan& plan_;
  hash_range keeps_;
  bool watches_ = false;
  gathered_flows flows_;
  std::unordered_map<std::uint64_t, std::string> spans_;
  std::pair<std::uint64_t, std::string*> last_span_{UINT64_MAX, nullptr};
  std::vector<failure> failures_;
  timer_changes timers_;
  std::size_t spans_held_ = 0;
  std::uint64_t events_ = 0;

  // Of the row at hand.
  envelope_view envelope_;
  std::string rewritten_;
  std::string key_;
  route made_;

  std::unordered_map<std::string, known_event> known_;
  std::array<known_event*, recent_events> recent_{};
};

}  // namespace millrace
