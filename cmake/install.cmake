# What `cmake --install` puts where, and what `find_package(intermute)` finds afterwards.
#
#   bin/intermute
#   lib/libintermute.a                   all layers but cli, in one archive
#   lib/cmake/intermute/                 the package: intermute::intermute, and FindCAF
#   include/intermute/intermute.hpp      the one header of it
#   share/intermute/fixtures/            small worlds for `intermute dev seed`

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# In the build tree the header has the name that hosts know it by.
configure_file(embed/intermute.hpp "${INTERMUTE_GENERATED_DIR}/intermute/intermute.hpp" COPYONLY)

# One archive: who links it need not know the layers. Its objects are those of the layers.
get_property(installed_layers GLOBAL PROPERTY INTERMUTE_LAYERS)
list(REMOVE_ITEM installed_layers cli)
set(installed_objects "$<TARGET_OBJECTS:intermute_net>")
foreach(layer IN LISTS installed_layers)
  list(APPEND installed_objects "$<TARGET_OBJECTS:intermute_${layer}>")
endforeach()
add_library(intermute_all STATIC ${installed_objects})
set_target_properties(intermute_all PROPERTIES
  LINKER_LANGUAGE CXX OUTPUT_NAME intermute EXPORT_NAME intermute)
target_compile_features(intermute_all INTERFACE cxx_std_20)
target_include_directories(intermute_all INTERFACE
  "$<BUILD_INTERFACE:${INTERMUTE_GENERATED_DIR}>"
  "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
# A host may hand in a logger and a registry of these two; the others are only linked.
target_link_libraries(intermute_all
  PUBLIC spdlog::spdlog prometheus-cpp::core
  PRIVATE CAF::core SQLite::SQLite3 OpenSSL::Crypto ZLIB::ZLIB yaml-cpp Threads::Threads)
if(INTERMUTE_SANITIZE)
  target_link_options(intermute_all INTERFACE -fsanitize=address,undefined)
endif()
add_library(intermute::intermute ALIAS intermute_all)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/intermute")
install(TARGETS intermute_all EXPORT intermute
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(EXPORT intermute FILE intermuteTargets.cmake NAMESPACE intermute::
  DESTINATION "${package_dir}")
configure_package_config_file(cmake/intermuteConfig.cmake.in intermuteConfig.cmake
  INSTALL_DESTINATION "${package_dir}"
  NO_SET_AND_CHECK_MACRO)
# Before 1.0 a minor version may break its users.
write_basic_package_version_file(intermuteConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES
  "${CMAKE_CURRENT_BINARY_DIR}/intermuteConfig.cmake"
  "${CMAKE_CURRENT_BINARY_DIR}/intermuteConfigVersion.cmake"
  cmake/FindCAF.cmake
  DESTINATION "${package_dir}")

install(FILES embed/intermute.hpp DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/intermute")
install(TARGETS intermute RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
install(DIRECTORY examples/fixtures DESTINATION "${CMAKE_INSTALL_DATADIR}/intermute")
install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DOCDIR}")
