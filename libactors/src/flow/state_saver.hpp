/// When the state of a flow is worth saving, and where its bytes last changed.
#pragma once

#include <google/protobuf/message.h>

#include <optional>
#include <string>
#include <string_view>

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
  /// An event that was handled, or a recorded emission that a load would have to read again.
  void weigh(std::string_view type, std::string_view payload);

  [[nodiscard]] bool is_due() const;
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
