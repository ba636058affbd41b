# Compiler settings of this project's own targets. They are carried by two interface targets,
# never by global flags, so that a parent project keeps its own.

if(PROJECT_IS_TOP_LEVEL)
  set(CMAKE_CXX_EXTENSIONS OFF)
  set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
  set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib")
  set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib")
  if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Build type" FORCE)
  endif()
  # Line tables are what a backtrace needs; full debug information triples the size of a test.
  set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1 -DNDEBUG")
  set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")
  if(NOT CMAKE_CXX_COMPILER_LAUNCHER)
    find_program(MILLRACE_CCACHE ccache)
    mark_as_advanced(MILLRACE_CCACHE)
    if(MILLRACE_CCACHE)
      # Without the sloppiness ccache refuses every file that uses a precompiled header.
      set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env
        CCACHE_SLOPPINESS=pch_defines,time_macros "${MILLRACE_CCACHE}")
    endif()
  endif()
endif()

add_library(millrace_options INTERFACE)
target_compile_features(millrace_options INTERFACE cxx_std_20)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(millrace_options INTERFACE $<$<BOOL:${MILLRACE_PCH}>:-fpch-preprocess>)
endif()
if(MILLRACE_SANITIZE)
  target_compile_options(millrace_options INTERFACE
    -fsanitize=${MILLRACE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(millrace_options INTERFACE -fsanitize=${MILLRACE_SANITIZE})
endif()

add_library(millrace_warnings INTERFACE)
target_compile_options(millrace_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual
  # Options structs are filled with designated initialisers; the rest keeps its defaults.
  -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 reports these for correct std::optional, std::string and std::vector code once it is
  # optimised. The sanitizers find the real ones.
  target_compile_options(millrace_warnings INTERFACE -Wno-maybe-uninitialized -Wno-restrict
    -Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds -Wno-free-nonheap-object)
endif()
if(MILLRACE_WERROR)
  target_compile_options(millrace_warnings INTERFACE -Werror)
endif()
