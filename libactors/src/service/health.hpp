/// Whether the service can do its work.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "millrace/types.hpp"

namespace millrace {
class host;
}

namespace millrace::service {

struct check {
  std::string name;
  std::optional<std::string> problem;  ///< none: it is well
  timestamp since;                     ///< when it was first seen like this, by whoever asked
};

/// Remembers since when each check is as it is. Any thread.
class health {
 public:
  [[nodiscard]] std::vector<check> look(host& over, const std::filesystem::path& store,
                                        timestamp now);

 private:
  check settle(std::string name, std::optional<std::string> problem, timestamp now);

  struct seen {
    bool well = false;
    timestamp since;
  };
  std::mutex guard_;
  std::map<std::string, seen> seen_;
};

}  // namespace millrace::service
