# prometheus-cpp's own config file asks for what its pull and push libraries need; the core needs
# nothing. Defines PrometheusCpp::core.

find_path(PrometheusCpp_INCLUDE_DIR prometheus/registry.h)
find_library(PrometheusCpp_LIBRARY prometheus-cpp-core)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(PrometheusCpp
  REQUIRED_VARS PrometheusCpp_LIBRARY PrometheusCpp_INCLUDE_DIR)
mark_as_advanced(PrometheusCpp_INCLUDE_DIR PrometheusCpp_LIBRARY)

if(PrometheusCpp_FOUND AND NOT TARGET PrometheusCpp::core)
  add_library(PrometheusCpp::core UNKNOWN IMPORTED)
  set_target_properties(PrometheusCpp::core PROPERTIES
    IMPORTED_LOCATION "${PrometheusCpp_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${PrometheusCpp_INCLUDE_DIR}")
endif()
