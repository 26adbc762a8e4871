# Everything from outside. All of it is in Debian bookworm; `cmake/packages.sh` has the names.

find_package(Threads REQUIRED)
find_package(CAF 0.17.6 REQUIRED COMPONENTS core)
find_package(Boost 1.81 REQUIRED) # Headers only.
find_package(SQLite3 3.40 REQUIRED)
find_package(OpenSSL 3.0 REQUIRED COMPONENTS Crypto)
find_package(ZLIB REQUIRED)
find_package(spdlog REQUIRED)
find_package(prometheus-cpp REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)
find_path(RAPIDJSON_INCLUDE_DIR rapidjson/document.h REQUIRED)
if(INTERMUTE_MIMALLOC)
  find_package(mimalloc 2.0 QUIET)
endif()

# Debian's RapidJSON names no target; this gives it one like the others.
add_library(rapidjson INTERFACE)
target_include_directories(rapidjson SYSTEM INTERFACE "${RAPIDJSON_INCLUDE_DIR}")

# The bodies of Asio and Beast, compiled once. Link this rather than `Boost::headers`.
add_library(intermute_net STATIC cmake/asio_impl.cpp)
target_compile_options(intermute_net PRIVATE -w)
target_link_libraries(intermute_net PUBLIC intermute_flags Boost::headers Threads::Threads)

# The precompiled header of the layers marked PRECOMPILED and of their tests. It links what they
# link, since a definition that is missing here would make it unusable there.
add_library(intermute_pch OBJECT cmake/pch.cpp)
target_link_libraries(intermute_pch PRIVATE intermute_flags intermute_warnings
  CAF::core intermute_net spdlog::spdlog prometheus-cpp::core yaml-cpp CLI11::CLI11
  SQLite::SQLite3 OpenSSL::Crypto ZLIB::ZLIB rapidjson)
target_precompile_headers(intermute_pch PRIVATE cmake/pch.hpp)
