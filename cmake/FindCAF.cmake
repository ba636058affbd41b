# Finds the C++ Actor Framework and defines CAF::core.
#
# CAF 0.18 and later bring a CMake config, which is used when present. Debian's libcaf-dev (0.17)
# brings none: then the header and the library are searched for. Hints: CAF_ROOT, CMAKE_PREFIX_PATH.

find_package(CAF CONFIG QUIET COMPONENTS core)

if(NOT TARGET CAF::core)
  find_path(CAF_INCLUDE_DIR NAMES caf/actor_system.hpp)
  find_library(CAF_CORE_LIBRARY NAMES caf_core)
  mark_as_advanced(CAF_INCLUDE_DIR CAF_CORE_LIBRARY)
endif()

include(FindPackageHandleStandardArgs)
if(TARGET CAF::core)
  set(millrace_caf_place "${CAF_DIR}")
  find_package_handle_standard_args(CAF REQUIRED_VARS millrace_caf_place)
else()
  find_package_handle_standard_args(CAF REQUIRED_VARS CAF_CORE_LIBRARY CAF_INCLUDE_DIR)
  if(CAF_FOUND)
    find_package(Threads REQUIRED)
    add_library(CAF::core UNKNOWN IMPORTED)
    set_target_properties(CAF::core PROPERTIES
      IMPORTED_LOCATION "${CAF_CORE_LIBRARY}"
      INTERFACE_INCLUDE_DIRECTORIES "${CAF_INCLUDE_DIR}"
      INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${CAF_INCLUDE_DIR}"
      INTERFACE_LINK_LIBRARIES Threads::Threads)
  endif()
endif()
