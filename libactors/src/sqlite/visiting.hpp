/// What a visiting statement and its aggregate share; inside of this folder.
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

}  // namespace millrace::sqlite
