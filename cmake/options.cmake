# What the presets choose between, and the flags that follow from it.

option(BUILD_TESTING "Build the tests." ON)
option(INTERMUTE_SANITIZE "Build with the address and undefined-behaviour sanitizers." OFF)
option(INTERMUTE_FAULTS "Compile the fault points into every layer." OFF)
option(INTERMUTE_MIMALLOC "Link mimalloc into the programs when it is there." ON)
option(INTERMUTE_CCACHE "Compile through ccache when it is there." ON)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Release or Debug." FORCE)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -fno-plt -DNDEBUG")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g")
if(INTERMUTE_SANITIZE)
  set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g")
endif()

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")

# All of our code links `intermute_flags` and `intermute_warnings`, the precompiled header too:
# g++ refuses it where flags differ, and -Wpedantic counts, since it changes predefined macros.
add_library(intermute_flags INTERFACE)
set(INTERMUTE_GENERATED_DIR "${PROJECT_BINARY_DIR}/generated")
target_include_directories(intermute_flags INTERFACE
  "${PROJECT_SOURCE_DIR}" "${INTERMUTE_GENERATED_DIR}")
target_compile_definitions(intermute_flags INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED
  RAPIDJSON_HAS_STDSTRING=1)
if(INTERMUTE_FAULTS)
  target_compile_definitions(intermute_flags INTERFACE INTERMUTE_FAULTS=1)
endif()
if(INTERMUTE_SANITIZE)
  # No recovery: the first report of UBSan ends the process, so that a test fails.
  set(sanitizers -fsanitize=address,undefined -fno-sanitize-recover=all)
  target_compile_options(intermute_flags INTERFACE ${sanitizers} -fno-omit-frame-pointer)
  target_link_options(intermute_flags INTERFACE ${sanitizers})
endif()

add_library(intermute_warnings INTERFACE)
target_compile_options(intermute_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 sees overlapping copies in plain `"x" + std::string` (its bug 105651).
  target_compile_options(intermute_warnings INTERFACE -Wno-restrict)
  if(INTERMUTE_SANITIZE)
    # The sanitizers' checks make it lose track of what std::optional has initialised.
    target_compile_options(intermute_warnings INTERFACE -Wno-maybe-uninitialized)
  endif()
endif()

if(INTERMUTE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(INTERMUTE_CCACHE_PROGRAM ccache)
  if(INTERMUTE_CCACHE_PROGRAM)
    # Without these ccache refuses every unit that uses a precompiled header.
    set(sloppiness pch_defines,time_macros,include_file_mtime,include_file_ctime)
    set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env
      "CCACHE_SLOPPINESS=${sloppiness}" "${INTERMUTE_CCACHE_PROGRAM}")
  endif()
endif()
