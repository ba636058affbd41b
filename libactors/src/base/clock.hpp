/// The only source of the present time. Everything else is handed a timestamp.
#pragma once

#include "millrace/types.hpp"

namespace millrace {

/// Thread-safe. Recorded time comes from here, once for each commit.
class clock {
 public:
  virtual ~clock() = default;
  [[nodiscard]] virtual timestamp now() const = 0;
  /// For ages and waits: never set back, and of no meaning beside another reading of it.
  [[nodiscard]] virtual timestamp steady() const = 0;
};

class system_clock final : public clock {
 public:
  [[nodiscard]] timestamp now() const override;
  [[nodiscard]] timestamp steady() const override;
};

}  // namespace millrace
