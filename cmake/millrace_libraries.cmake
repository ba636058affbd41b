# Third-party libraries. The keys are those of libactors/layers.txt; the value is the target to
# link. A library in millrace_header_only leaves no trace in what is installed.

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(Protobuf QUIET CONFIG)
if(NOT TARGET protobuf::libprotobuf)
  find_package(Protobuf 3.21 REQUIRED)
endif()
find_package(SQLite3 3.37 REQUIRED)
find_package(CAF REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(simdjson REQUIRED)

set(millrace_library_protobuf protobuf::libprotobuf)
set(millrace_library_sqlite3 SQLite::SQLite3)
set(millrace_library_caf CAF::core)
set(millrace_library_fmt fmt::fmt)
set(millrace_library_nlohmann nlohmann_json::nlohmann_json)
set(millrace_library_cli11 CLI11::CLI11)
set(millrace_library_simdjson simdjson::simdjson)
set(millrace_header_only nlohmann cli11)
