/// `flows.status`, which the index of pending flows is over. docs/formats/postings.md
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "store/store.hpp"

namespace millrace {

/// As the folded checkpoint and the latest posting make it. Numbers are stored: they never change.
enum class row_status : std::int64_t { idle = 0, stopped = 1, pending = 2 };

[[nodiscard]] row_status status_of(std::optional<position> latest,
                                   const v1::Checkpoint& checkpoint);
/// The same as an expression of SQL, made of others: what is 1 when it is stopped, its latest
/// posting, and the position of its checkpoint.
[[nodiscard]] std::string status_sql(std::string_view stopped, std::string_view latest,
                                     std::string_view checkpoint);

}  // namespace millrace
