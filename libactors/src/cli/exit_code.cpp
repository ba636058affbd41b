#include "cli/exit_code.hpp"

namespace millrace::cli {

exit_code exit_code_of(errc code) {
  switch (code) {
    case errc::invalid: return exit_code::failed;
    case errc::unknown_type: return exit_code::not_found;
    case errc::undecodable: return exit_code::failed;
    case errc::too_large: return exit_code::failed;
    case errc::not_found: return exit_code::not_found;
    case errc::conflict: return exit_code::conflict;
    case errc::in_use: return exit_code::conflict;
    case errc::newer_schema: return exit_code::failed;
    case errc::incompatible: return exit_code::failed;
    case errc::overloaded: return exit_code::unavailable;
    case errc::storage_full: return exit_code::unavailable;
    case errc::storage_failed: return exit_code::failed;
    case errc::broken: return exit_code::failed;
    case errc::corrupt: return exit_code::failed;
    case errc::stopped: return exit_code::failed;
    case errc::closed: return exit_code::unavailable;
    case errc::timed_out: return exit_code::unavailable;
  }
  return exit_code::failed;
}

}  // namespace millrace::cli
