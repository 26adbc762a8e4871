# Writes generated/base/version.hpp: included as "base/version.hpp", best from few .cpp files,
# since it changes with each commit.

set(INTERMUTE_COMMIT "")
find_program(INTERMUTE_GIT git)
if(INTERMUTE_GIT AND EXISTS "${PROJECT_SOURCE_DIR}/.git")
  execute_process(
    COMMAND "${INTERMUTE_GIT}" rev-parse --verify --quiet --short HEAD
    WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
    OUTPUT_VARIABLE INTERMUTE_COMMIT
    OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  execute_process(
    COMMAND "${INTERMUTE_GIT}" rev-parse --git-path logs/HEAD
    WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
    OUTPUT_VARIABLE head_log
    OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  get_filename_component(head_log "${head_log}" ABSOLUTE BASE_DIR "${PROJECT_SOURCE_DIR}")
  if(EXISTS "${head_log}" AND NOT IS_DIRECTORY "${head_log}")
    # Each commit and each checkout appends a line: configure again then.
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${head_log}")
  endif()
endif()

set(INTERMUTE_BUILD_TYPE "${CMAKE_BUILD_TYPE}")
if(INTERMUTE_SANITIZE)
  string(APPEND INTERMUTE_BUILD_TYPE "+sanitizers")
endif()
if(INTERMUTE_FAULTS)
  string(APPEND INTERMUTE_BUILD_TYPE "+faults")
endif()

configure_file(cmake/version.hpp.in "${INTERMUTE_GENERATED_DIR}/base/version.hpp" @ONLY)
