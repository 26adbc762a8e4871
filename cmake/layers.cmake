# intermute_layer(<name> [PURE] [PRECOMPILED] [FAULT_VARIANT] [USES <layer>...] [LINKS <lib>...])
#
# Makes the library `intermute_<name>` of all .cpp files below the folder <name>, but for
# <name>/main.cpp, which belongs to a program. A folder without sources, or that does not exist
# yet, gives an INTERFACE library.
#   USES           The layers it may include; they are linked, and `layer: <name>` tests it.
#   LINKS          Libraries from outside.
#   PURE           It may include no library at all but the standard one.
#   PRECOMPILED    It is compiled with the shared precompiled header.
#   FAULT_VARIANT  Also makes `intermute_<name>_faults`: the same sources with INTERMUTE_FAULTS=1.
#
# How fault variants are linked. A target whose property INTERMUTE_LINK_FAULTS is on (all tests,
# and programs marked FAULTS) gets the fault variant wherever a layer between asks for the plain
# library, so never both. The layers between are compiled once, without INTERMUTE_FAULTS; hence a
# fault point may stand in the .cpp files of its layer only, and no type may change its layout
# with it. With the option INTERMUTE_FAULTS (presets `faults` and `asan`) every file is compiled
# with INTERMUTE_FAULTS=1 and the variant is an alias.
function(intermute_layer name)
  cmake_parse_arguments(PARSE_ARGV 1 layer "PURE;PRECOMPILED;FAULT_VARIANT" "" "USES;LINKS")
  if(layer_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "intermute_layer(${name}): what is '${layer_UNPARSED_ARGUMENTS}'?")
  endif()
  get_property(above GLOBAL PROPERTY INTERMUTE_LAYERS)
  foreach(used IN LISTS layer_USES)
    if(NOT used IN_LIST above)
      message(FATAL_ERROR "intermute_layer(${name}) uses '${used}', which does not stand above it")
    endif()
  endforeach()
  set_property(GLOBAL APPEND PROPERTY INTERMUTE_LAYERS ${name})
  set_property(GLOBAL PROPERTY INTERMUTE_USES_${name} ${layer_USES})
  set_property(GLOBAL PROPERTY INTERMUTE_PURE_${name} ${layer_PURE})
  set_property(GLOBAL PROPERTY INTERMUTE_PRECOMPILED_${name} ${layer_PRECOMPILED})
  set_property(GLOBAL PROPERTY INTERMUTE_FAULT_VARIANT_${name} ${layer_FAULT_VARIANT})

  intermute_add_library(intermute_${name} ${name})
  if(NOT layer_FAULT_VARIANT)
    return()
  endif()
  if(INTERMUTE_FAULTS)
    add_library(intermute_${name}_faults ALIAS intermute_${name})
    return()
  endif()
  intermute_add_library(intermute_${name}_faults ${name})
  get_target_property(kind intermute_${name}_faults TYPE)
  if(kind STREQUAL "INTERFACE_LIBRARY")
    target_compile_definitions(intermute_${name}_faults INTERFACE INTERMUTE_FAULTS=1)
    return()
  endif()
  target_compile_definitions(intermute_${name}_faults PUBLIC INTERMUTE_FAULTS=1)
  if(NOT BUILD_TESTING)
    set_target_properties(intermute_${name}_faults PROPERTIES EXCLUDE_FROM_ALL ON)
  endif()
endfunction()

# intermute_program(<name> [FAULTS] SOURCES <file or glob>... [USES <layer>...] [LINKS <lib>...])
#
# Makes the program <name> in build/<preset>/bin/. FAULTS links the fault variants. While no
# source exists yet there is no program, and configuring goes on.
function(intermute_program name)
  cmake_parse_arguments(PARSE_ARGV 1 program "FAULTS" "" "SOURCES;USES;LINKS")
  file(GLOB sources CONFIGURE_DEPENDS ${program_SOURCES})
  if(NOT sources)
    message(STATUS "No sources for ${name} yet: ${program_SOURCES}")
    return()
  endif()
  add_executable(${name} ${sources})
  intermute_link(${name} PRIVATE ${program_USES})
  target_link_libraries(${name} PRIVATE
    intermute_flags intermute_warnings ${program_LINKS})
  set_target_properties(${name} PROPERTIES INTERMUTE_LINK_FAULTS ${program_FAULTS})
  if(INTERMUTE_MIMALLOC AND NOT INTERMUTE_SANITIZE AND TARGET mimalloc)
    # It has to stand before libc, and to stay although no symbol asks for it.
    target_link_options(${name} PRIVATE LINKER:--no-as-needed)
    target_link_libraries(${name} PRIVATE mimalloc)
  endif()
endfunction()

# intermute_cut(<header prefix> <folder>...)
#
# Only files below one of the folders may include headers whose name begins with the prefix.
function(intermute_cut prefix)
  string(JOIN "," folders ${ARGN})
  set_property(GLOBAL APPEND PROPERTY INTERMUTE_CUTS "${prefix}=${folders}")
endfunction()

# Links layers by name to a target, the fault variant where the final target asks for it.
function(intermute_link target scope)
  foreach(used IN LISTS ARGN)
    get_property(varies GLOBAL PROPERTY INTERMUTE_FAULT_VARIANT_${used})
    if(varies AND NOT INTERMUTE_FAULTS)
      # Read from the consumer at the end of the chain, not from `target`.
      set(wanted "$<BOOL:$<TARGET_PROPERTY:INTERMUTE_LINK_FAULTS>>")
      target_link_libraries(${target} ${scope}
        "$<IF:${wanted},intermute_${used}_faults,intermute_${used}>")
    else()
      target_link_libraries(${target} ${scope} intermute_${used})
    endif()
  endforeach()
endfunction()

# One library of a layer; reads the `layer_` variables of intermute_layer().
function(intermute_add_library target folder)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/${folder}/*.cpp")
  list(REMOVE_ITEM sources "${PROJECT_SOURCE_DIR}/${folder}/main.cpp")
  if(sources)
    add_library(${target} STATIC ${sources})
    set(scope PUBLIC)
    target_link_libraries(${target} PRIVATE intermute_warnings)
    if(layer_PRECOMPILED)
      target_precompile_headers(${target} REUSE_FROM intermute_pch)
    endif()
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_link_libraries(${target} ${scope} intermute_flags Threads::Threads ${layer_LINKS})
  intermute_link(${target} ${scope} ${layer_USES})
endfunction()
