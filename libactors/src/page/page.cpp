#include "page/page.hpp"

#include <algorithm>

namespace millrace::built_page {

const file* find(std::string_view path) {
  const auto all = files();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const file& one) { return one.path == path; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace millrace::built_page
