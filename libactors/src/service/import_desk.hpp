/// The import that is under way, for those who ask how far it is.
#pragma once

#include <mutex>
#include <optional>
#include <utility>

#include "documents/event.hpp"

namespace millrace::service {

/// One at a time. Any thread.
class import_desk {
 public:
  /// Holds the turn while it lives. Move only.
  class turn {
   public:
    explicit turn(import_desk& of) : of_(&of) {}
    turn(turn&& other) noexcept : of_(std::exchange(other.of_, nullptr)) {}
    turn& operator=(turn&&) = delete;
    ~turn() {
      if (of_ != nullptr) of_->end();
    }

   private:
    import_desk* of_;
  };
  /// Errors: conflict (another one is under way).
  [[nodiscard]] result<turn> begin();
  void tell(documents::json standing);
  /// What was told last; none: nothing is under way.
  [[nodiscard]] std::optional<documents::json> standing() const;

 private:
  void end();

  mutable std::mutex guard_;
  bool busy_ = false;
  documents::json standing_;
};

}  // namespace millrace::service
