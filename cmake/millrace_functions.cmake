# millrace_proto(<target> ROOT <dir> [LINK <target>...] FILES <file>...)
#
# An OBJECT library with the generated code of the .proto files. A file ROOT/a/b.proto is imported
# as "a/b.proto" and included as <a/b.pb.h>. LINK names other such targets whose files are
# imported; the files of proto/ can always be imported. Without FILES: an empty INTERFACE library.
function(millrace_proto target)
  cmake_parse_arguments(arg "" "ROOT" "LINK;FILES" ${ARGN})
  if(NOT arg_FILES)
    add_library(${target} INTERFACE)
    return()
  endif()
  set(out "${PROJECT_BINARY_DIR}/generated/${target}")
  file(MAKE_DIRECTORY "${out}")
  set(imports "-I${arg_ROOT}")
  foreach(dir IN ITEMS "${PROJECT_SOURCE_DIR}/proto" "${PROJECT_SOURCE_DIR}/tests"
      "${PROJECT_SOURCE_DIR}/apps")
    if(NOT dir STREQUAL arg_ROOT)
      list(APPEND imports "-I${dir}")
    endif()
  endforeach()
  set(generated "")
  foreach(file IN LISTS arg_FILES)
    file(RELATIVE_PATH name "${arg_ROOT}" "${file}")
    string(REGEX REPLACE "\\.proto$" "" stem "${name}")
    add_custom_command(
      OUTPUT "${out}/${stem}.pb.cc" "${out}/${stem}.pb.h"
      COMMAND protobuf::protoc ${imports} "--cpp_out=${out}" "${file}"
      DEPENDS "${file}" protobuf::protoc
      COMMENT "protoc ${name}"
      VERBATIM)
    list(APPEND generated "${out}/${stem}.pb.cc" "${out}/${stem}.pb.h")
  endforeach()
  add_library(${target} OBJECT ${generated})
  target_compile_options(${target} PRIVATE -w)
  target_include_directories(${target} SYSTEM PUBLIC "${out}")
  target_link_libraries(${target} PUBLIC protobuf::libprotobuf ${arg_LINK}
    PRIVATE millrace_options)
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
endfunction()

# millrace_read_layers(): sets in the caller's scope
#   millrace_layers             the layers of libactors/layers.txt, lowest first
#   millrace_below_<layer>      the layers that <layer> may include, and theirs, lowest first
#   millrace_uses_<layer>       the libraries of <layer>, those of the line "*" among them
function(millrace_read_layers)
  set(file "${PROJECT_SOURCE_DIR}/libactors/layers.txt")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
  file(STRINGS "${file}" lines REGEX "^layer ")
  set(layers "")
  set(everywhere "")
  foreach(line IN LISTS lines)
    if(NOT line MATCHES "^layer +([a-z*]+) *: *([a-z ]*)/ *([a-z0-9 ]*)$")
      message(FATAL_ERROR "layers.txt: cannot read: ${line}")
    endif()
    set(name "${CMAKE_MATCH_1}")
    separate_arguments(lower UNIX_COMMAND "${CMAKE_MATCH_2}")
    separate_arguments(uses UNIX_COMMAND "${CMAKE_MATCH_3}")
    if(name STREQUAL "*")
      set(everywhere ${uses})
      continue()
    endif()
    set(below "")
    foreach(layer IN LISTS layers)
      foreach(direct IN LISTS lower)
        if(layer STREQUAL direct OR layer IN_LIST millrace_below_${direct})
          list(APPEND below ${layer})
          break()
        endif()
      endforeach()
    endforeach()
    list(APPEND layers ${name})
    set(millrace_below_${name} ${below})
    set(millrace_below_${name} ${below} PARENT_SCOPE)
    set(millrace_uses_${name} ${everywhere} ${uses} PARENT_SCOPE)
  endforeach()
  set(millrace_layers ${layers} PARENT_SCOPE)
endfunction()
