# What another project needs for find_package(millrace): the library, the public headers, the
# generated messages and their .proto files, FindCAF.cmake and the package config.

include(CMakePackageConfigHelpers)
set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/millrace")

set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME development) # programs name their own component

install(TARGETS millrace_actors EXPORT millrace ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(EXPORT millrace NAMESPACE millrace:: FILE millrace-targets.cmake
  DESTINATION "${package_dir}")
install(DIRECTORY libactors/include/millrace DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
  FILES_MATCHING PATTERN "*.hpp")
install(DIRECTORY "${PROJECT_BINARY_DIR}/generated/millrace_proto/millrace"
  DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" OPTIONAL FILES_MATCHING PATTERN "*.pb.h")
install(DIRECTORY proto/millrace DESTINATION "${CMAKE_INSTALL_DATADIR}/millrace/proto"
  FILES_MATCHING PATTERN "*.proto")

configure_package_config_file(cmake/millrace-config.cmake.in
  "${PROJECT_BINARY_DIR}/millrace-config.cmake" INSTALL_DESTINATION "${package_dir}"
  PATH_VARS CMAKE_INSTALL_DATADIR)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/millrace-config-version.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/millrace-config.cmake"
  "${PROJECT_BINARY_DIR}/millrace-config-version.cmake" cmake/FindCAF.cmake
  cmake/FindPrometheusCpp.cmake
  DESTINATION "${package_dir}")
