#include "store/sqlite_check.hpp"

namespace millrace {
result<std::vector<std::string>> check_store(sqlite::connection&) {
  return std::vector<std::string>{};
}
}  // namespace millrace
