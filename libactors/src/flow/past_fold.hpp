/// One flow instance as it was: its inbox folded up to some position.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "flow/guarded.hpp"
#include "flow/runner.hpp"
#include "millrace/checkpoint.pb.h"
#include "millrace/flow.hpp"
#include "millrace/result.hpp"

namespace millrace {

/// Folds events and recorded own words and never calls a `when`. What a `when` decided besides is
/// taken from what the checkpoint of today keeps: where lives ended, which firings were void, what
/// was skipped. Lives of queries end where ends() says so. Never does I/O.
class past_fold {
 public:
  /// `now` is of the flow today, and outlives this.
  past_fold(const flow_type& type, flow_key key, const v1::Checkpoint& now);

  /// Makes ready for the way to `at`, which is not after the checkpoint. From the stored state when
  /// that is old enough, else from the last end of a life that is known, else from the beginning.
  /// The inbox is to be folded after the position that is returned (none: all of it). Errors:
  /// not_found (what is kept does not reach so far back), corrupt (the state does not decode).
  result<std::optional<position>> begin(position at, std::string_view stored_state);

  /// The next event of the inbox, with its recorded reactions. Errors: corrupt (a handler threw
  /// that did not throw before).
  result<void> fold(const observation& seen);

  [[nodiscard]] bool alive() const { return instance_ != nullptr; }
  [[nodiscard]] std::optional<position> life() const { return life_; }  ///< while alive
  [[nodiscard]] std::optional<position> ended() const {
    return ended_;
  }  ///< where the last life did
  /// Null: keeps none, or is not alive.
  [[nodiscard]] const google::protobuf::Message* state() const;

 private:
  [[nodiscard]] std::optional<position> start_of_way(position at) const;
  [[nodiscard]] std::optional<position> not_kept_before(std::optional<position> start) const;
  result<void> load(std::string_view stored_state);
  complaint fold_one(const observation& seen);
  complaint fold_recorded(const event& cause, std::span<const event> recorded);
  [[nodiscard]] bool passes_by(const event& what) const;
  [[nodiscard]] bool ends_at(const event& what, std::size_t observed);

  const flow_type& type_;
  flow_key key_;
  const v1::Checkpoint& now_;
  std::unique_ptr<flow_instance> instance_;
  std::optional<position> life_;
  std::optional<position> ended_;
};

}  // namespace millrace
