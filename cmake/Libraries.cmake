# The libraries that limpet stands on, all from Debian bookworm.
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(spdlog REQUIRED)
find_package(fmt REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(tl-expected REQUIRED)
find_package(prometheus-cpp REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(tomlplusplus REQUIRED IMPORTED_TARGET tomlplusplus)
pkg_check_modules(libedit REQUIRED IMPORTED_TARGET libedit)
if(LIMPET_TESTS)
  pkg_check_modules(httplib REQUIRED IMPORTED_TARGET cpp-httplib)  # a client that limpet has not made
endif()

# Asio without Boost is headers alone; Debian ships no package file for it.
find_path(ASIO_INCLUDE_DIR asio.hpp REQUIRED)
add_library(limpet_asio INTERFACE)
target_include_directories(limpet_asio SYSTEM INTERFACE ${ASIO_INCLUDE_DIR})
# Asio decides on aligned_alloc by a macro of the standard library, so by whether a header of that came first: two files
# could disagree, and one free what the other allocated. None of them uses it.
target_compile_definitions(limpet_asio INTERFACE ASIO_STANDALONE ASIO_NO_DEPRECATED ASIO_DISABLE_STD_ALIGNED_ALLOC)
target_link_libraries(limpet_asio INTERFACE Threads::Threads)

find_library(MIMALLOC_LIBRARY mimalloc)
option(LIMPET_MIMALLOC "Link the daemon with mimalloc" ON)
