/// What a command led to. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "millrace/types.hpp"

namespace millrace::service {

/// Grows with each event that is shown to it, up to limits::command_effects_max of them.
class consequences {
 public:
  struct wish {
    position command;
    std::string correlation;           ///< what belongs to it says the same
    std::vector<std::string> answers;  ///< event types, any of which ends the wait
  };
  explicit consequences(wish wanted) : wanted_(std::move(wanted)) {
    known_.insert(wanted_.command.value);
  }

  struct seen {
    position at;
    std::optional<position> cause;
    std::string_view type;
    std::string_view correlation;
    bool is_scheduled = false;  ///< put on the schedule: it has not happened yet
  };
  /// Events in order of positions; what was shown before may be shown again. Others are ignored.
  void add(const seen& one);

  /// The command, or something it led to.
  [[nodiscard]] bool has(position at) const { return known_.contains(at.value); }
  /// The first event of a type that was wanted.
  [[nodiscard]] std::optional<position> answer() const { return answer_; }
  /// It led to more than is kept: nothing is added any more.
  [[nodiscard]] bool is_full() const;
  [[nodiscard]] position command() const { return wanted_.command; }

 private:
  wish wanted_;
  std::unordered_set<std::uint64_t> known_;
  std::optional<position> answer_;
};

}  // namespace millrace::service
