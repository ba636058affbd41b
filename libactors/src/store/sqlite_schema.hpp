/// The tables of a store, and how they came about. docs/formats/ has a page for each group.
#pragma once

#include "sqlite/migrations.hpp"

namespace millrace {

[[nodiscard]] sqlite::schema store_schema();

}  // namespace millrace
