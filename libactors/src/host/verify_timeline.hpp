/// What the timeline alone says: order, decoding, causes, reactions, and the schedule that follows.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "millrace/envelope.pb.h"
#include "store/store.hpp"
#include "wire/type_registry.hpp"

namespace millrace {

/// Told each inconsistency: what it is about (`event 17`, `flow A|b`), and what is wrong.
using finding_sink = std::function<void(const std::string& subject, const std::string& what)>;

/// Positions, a bit each where they are dense.
class position_set {
 public:
  void insert(position at);
  [[nodiscard]] bool contains(position at) const;

 private:
  static constexpr std::uint64_t chunk_bits = 65'536;
  using chunk = std::array<std::uint64_t, chunk_bits / 64>;
  std::unordered_map<std::uint64_t, std::unique_ptr<chunk>> chunks_;
};

/// Sees every row of a timeline once, in order, and folds what follows from it. Pure.
class timeline_check {
 public:
  using routed_types = std::map<std::string, position, std::less<>>;
  /// `imports`: between their begin and end the timeline may have holes. `foreign`: types whose
  /// explicit routes are counted, and how far those are routed.
  timeline_check(const type_registry& types, position tail, std::vector<v1::Import> imports,
                 routed_types foreign, finding_sink report)
      : types_(types),
        tail_(tail),
        imports_(std::move(imports)),
        foreign_types_(std::move(foreign)),
        report_(std::move(report)) {}

  void see(const event_row& row);
  /// After the last row. Reactions that are there twice are looked up by reading once more.
  result<void> finish(const store& from);

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] bool has(position at) const { return events_.contains(at); }
  [[nodiscard]] bool is_imported(position at) const;
  [[nodiscard]] bool is_explicit(position at) const { return explicit_.contains(at); }
  [[nodiscard]] bool is_foreign(std::string_view type) const {
    return foreign_types_.contains(type);
  }
  /// By key of a foreign type: how many events name it.
  [[nodiscard]] const std::map<std::string, std::uint64_t>& foreign() const { return foreign_; }
  /// By key of a topic: the last event that it is recorded to have reacted to.
  [[nodiscard]] const std::map<std::string, position>& reacted() const { return reacted_; }

 private:
  void check_payload(const event_row& row, const v1::Envelope& envelope);
  void check_cause(position at, const v1::Envelope& envelope);
  void count_routes(position at, const v1::Envelope& envelope);
  void fold_reaction(const event_row& row, const v1::Envelope& envelope);
  void fold_schedule(const event_row& row, const v1::Envelope& envelope);
  void cancel_timers(const event_row& row);
  void find(position at, const std::string& what) const;

  const type_registry& types_;
  position tail_;
  std::vector<v1::Import> imports_;
  routed_types foreign_types_;
  finding_sink report_;
  std::uint64_t count_ = 0;
  std::optional<position> last_;
  position_set events_;
  position_set explicit_;
  std::unordered_set<position> outstanding_;  // timers
  std::map<std::string, position> reacted_;
  std::map<std::string, std::uint64_t> foreign_;
  std::vector<std::uint64_t> reactions_;  ///< hashes of (emitter, cause, ordinal)
};

}  // namespace millrace
