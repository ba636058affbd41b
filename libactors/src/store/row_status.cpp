#include "store/row_status.hpp"

#include <fmt/format.h>

#include "store/rules.hpp"

namespace millrace {

row_status status_of(std::optional<position> latest, const v1::Checkpoint& checkpoint) {
  if (checkpoint.has_error_position()) return row_status::stopped;
  return is_pending(latest, checkpoint) ? row_status::pending : row_status::idle;
}

std::string status_sql(std::string_view stopped, std::string_view latest,
                       std::string_view checkpoint) {
  return fmt::format("CASE WHEN {} = 1 THEN 1 WHEN {} > {} THEN 2 ELSE 0 END", stopped, latest,
                     checkpoint);
}

}  // namespace millrace
