#include "millrace/result.hpp"

namespace millrace {

std::string_view to_string(errc code) {
  switch (code) {
    case errc::invalid: return "invalid";
    case errc::unknown_type: return "unknown_type";
    case errc::undecodable: return "undecodable";
    case errc::too_large: return "too_large";
    case errc::not_found: return "not_found";
    case errc::conflict: return "conflict";
    case errc::in_use: return "in_use";
    case errc::newer_schema: return "newer_schema";
    case errc::incompatible: return "incompatible";
    case errc::overloaded: return "overloaded";
    case errc::storage_full: return "storage_full";
    case errc::storage_failed: return "storage_failed";
    case errc::broken: return "broken";
    case errc::corrupt: return "corrupt";
    case errc::stopped: return "stopped";
    case errc::closed: return "closed";
    case errc::timed_out: return "timed_out";
  }
  return "unnamed";
}

bool is_retryable(errc code) {
  return code == errc::overloaded || code == errc::storage_full || code == errc::timed_out;
}

}  // namespace millrace
