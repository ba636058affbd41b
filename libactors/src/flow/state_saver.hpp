/// When the state of a flow is worth saving, and where its bytes last changed.
#pragma once

#include <google/protobuf/message.h>

#include <optional>
#include <string>
#include <string_view>

#include "base/limits.hpp"

namespace millrace {

/// Equal messages give equal bytes; what is compared and matched later is always encoded like this.
[[nodiscard]] std::string encode_deterministic(const google::protobuf::Message& message);

/// Reads a stored state: what save() made, or, when `is_json`, JSON text that came with an import.
/// What is wrong with it; none: it is in `state`.
[[nodiscard]] std::optional<std::string> decode_state(std::string_view stored, bool is_json,
                                                      google::protobuf::Message& state);

/// Owned by a runner. A small state is saved with every turn; a large one when the events handled
/// since its last snapshot weigh as much as it does, so that saving costs no more than the events
/// did, and a load never replays more than that. It never serialises a state just to learn its
/// size.
class state_saver {
 public:
  /// Starts from the bytes that are stored.
  void loaded(std::string_view bytes);
  /// Of an event that was handled, or of a recorded emission that a load would have to read again.
  [[nodiscard]] static std::size_t weight_of(std::string_view type, std::string_view payload) {
    return type.size() + payload.size() + envelope_weight;
  }
  /// That much was handled.
  void weigh(std::size_t weight);
  void weigh(std::string_view type, std::string_view payload) { weigh(weight_of(type, payload)); }

  [[nodiscard]] bool is_due() const;
  /// After `more` than what was weighed: inspect() would look, whether asked to or not.
  [[nodiscard]] bool may_be_full(std::size_t more = 0) const {
    return measured_ + growth_max * (since_measured_ + more) > limits::state_size_max;
  }
  /// What forbids to save this state: it is too large, or text in it is not UTF-8 and would never
  /// load again. Looks only when the events since the last look could have filled it, or `closely`;
  /// then at everything.
  [[nodiscard]] std::optional<std::string> inspect(const google::protobuf::Message& state,
                                                   bool closely);
  /// The bytes to store; from now on they count as stored. Null: no state, or not alive.
  [[nodiscard]] std::string save(const google::protobuf::Message* state);
  /// Whether the last save() stored other bytes than those before it, as far as they are
  /// remembered: the bytes of a large state are not, and count as changed.
  [[nodiscard]] bool changed() const { return changed_; }

 private:
  /// What an event takes beside its type and payload, about.
  static constexpr std::size_t envelope_weight = 32;
  /// A state seldom grows by more than this times the size of an event.
  static constexpr std::size_t growth_max = 4;

  void remember(std::string_view bytes);

  std::optional<std::string> small_ = std::string{};  ///< the stored bytes, when they are few
  std::optional<std::string> encoded_;                ///< the present ones, when they are at hand
  std::size_t stored_size_ = 0;
  std::size_t weight_ = 0;          ///< of the events since they were stored
  std::size_t measured_ = 0;        ///< the size at the last look
  std::size_t since_measured_ = 0;  ///< weight of the events since then
  bool changed_ = false;
};

}  // namespace millrace
