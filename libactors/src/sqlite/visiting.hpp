/// What a visiting or editing statement and its function share; inside of this folder.
#pragma once

#include <exception>

#include "sqlite/row_visitor.hpp"

namespace millrace::sqlite {

inline constexpr const char* visiting_type = "millrace visit";

struct visiting {
  const row_visitor& visit;
  bool stopped = false;
  std::exception_ptr thrown = nullptr;
};

inline constexpr const char* editing_type = "millrace edit";

struct editing {
  const row_editor& edit;
  std::exception_ptr thrown = nullptr;
};

}  // namespace millrace::sqlite
