# cmake -D DIST=DIRECTORY -D OUT=FILE -P embed_page.cmake
# Writes a C++ source with all files below DIST for libactors/src/page: as they are, and compressed.

set(types_html "text/html; charset=utf-8")
set(types_js "text/javascript; charset=utf-8")
set(types_css "text/css; charset=utf-8")
set(types_json "application/json")
set(types_map "application/json")
set(types_webmanifest "application/manifest+json")
set(types_svg "image/svg+xml")
set(types_png "image/png")
set(types_ico "image/x-icon")
set(types_woff2 "font/woff2")
set(types_txt "text/plain; charset=utf-8")

function(to_literal hex result)
  string(REGEX REPLACE "(..)" "\\\\x\\1" text "${hex}")
  set(${result} "\"${text}\"" PARENT_SCOPE)
endfunction()

file(GLOB_RECURSE paths RELATIVE "${DIST}" "${DIST}/*")
list(SORT paths)
set(entries "")
foreach(path IN LISTS paths)
  set(whole "${DIST}/${path}")
  file(SIZE "${whole}" size)
  file(READ "${whole}" hex HEX)
  file(SHA256 "${whole}" hash)
  string(SUBSTRING "${hash}" 0 32 hash)
  to_literal("${hex}" plain)
  # Names in assets/ carry a hash; see apps/monitor/vite.config.ts.
  set(immutable false)
  if(path MATCHES "^assets/")
    set(immutable true)
  endif()
  string(REGEX MATCH "[^.]+$" ending "${path}")
  set(type "${types_${ending}}")
  if(type STREQUAL "")
    set(type "application/octet-stream")
  endif()
  set(zipped "${OUT}.gz")
  file(REMOVE "${zipped}")
  execute_process(COMMAND gzip -9nc "${whole}" OUTPUT_FILE "${zipped}" COMMAND_ERROR_IS_FATAL ANY)
  file(SIZE "${zipped}" zipped_size)
  set(compressed "\"\"")
  if(zipped_size LESS size)
    file(READ "${zipped}" hex HEX)
    to_literal("${hex}" compressed)
  else()
    set(zipped_size 0)
  endif()
  file(REMOVE "${zipped}")
  string(APPEND entries "    {\"${path}\",\n     \"${type}\",\n     \"${hash}\",\n"
    "     ${immutable},\n"
    "     {${plain}, ${size}},\n     {${compressed}, ${zipped_size}}},\n")
endforeach()
list(LENGTH paths count)

file(WRITE "${OUT}.new" "// Made by cmake/embed_page.cmake.
#include <array>

#include \"page/page.hpp\"

namespace millrace::built_page {
namespace {

constexpr std::array<file, ${count}> all{{
${entries}}};

}  // namespace

std::span<const file> files() { return all; }

}  // namespace millrace::built_page
")
file(RENAME "${OUT}.new" "${OUT}")
