add_custom_target(headers)

# limpet_room(NAME SOURCES a.cpp ... ROOMS base resp ... [LIBRARIES tl::expected ...])
#
# Makes the static library limpet_NAME out of src/NAME. The public headers of a room are in include/limpet/NAME. Each
# room gets an include folder of its own that holds nothing but a link to its public headers, and hands it on to the
# rooms that name it: whoever does not name a room cannot include from it.
function(limpet_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;ROOMS;LIBRARIES;PRIVATE_LIBRARIES" ${ARGN})
  set(view ${CMAKE_BINARY_DIR}/rooms/${name})
  file(MAKE_DIRECTORY ${view}/limpet)
  if(NOT IS_SYMLINK ${view}/limpet/${name})
    file(CREATE_LINK ${CMAKE_SOURCE_DIR}/include/limpet/${name} ${view}/limpet/${name} SYMBOLIC)
  endif()

  set(sources ${ROOM_SOURCES})
  # Every public header compiles alone: one source file that includes just it, first.
  file(GLOB headers CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}/include
       ${CMAKE_SOURCE_DIR}/include/limpet/${name}/*.hpp)
  set(checks "")
  foreach(header ${headers})
    string(MAKE_C_IDENTIFIER ${header} id)
    set(check ${CMAKE_BINARY_DIR}/header_checks/${id}.cpp)
    file(CONFIGURE OUTPUT ${check} CONTENT "#include <${header}>  // compiles alone\n" @ONLY)
    list(APPEND checks ${check})
  endforeach()

  add_library(limpet_${name} STATIC ${sources})
  target_include_directories(limpet_${name} PUBLIC ${view} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  list(TRANSFORM ROOM_ROOMS PREPEND limpet_)
  target_link_libraries(limpet_${name} PUBLIC ${ROOM_ROOMS} ${ROOM_LIBRARIES} PRIVATE ${ROOM_PRIVATE_LIBRARIES})
  limpet_flags(limpet_${name})
  # What the store is made of calls itself alone; GCC makes more of it by itself.
  if(NOT name STREQUAL "store" AND NOT limpet_${name} IN_LIST LIMPET_COLD)
    limpet_lto(limpet_${name})
  endif()

  if(LIMPET_TESTS AND LIMPET_HEADERS AND checks)
    add_library(limpet_${name}_headers OBJECT ${checks})
    add_dependencies(headers limpet_${name}_headers)
    target_link_libraries(limpet_${name}_headers PRIVATE limpet_${name})
    limpet_flags(limpet_${name}_headers)
    # Each by itself, and for its warnings and errors alone.
    set_target_properties(limpet_${name}_headers PROPERTIES UNITY_BUILD OFF)
    target_compile_options(limpet_${name}_headers PRIVATE -O0 -g0)
  endif()
endfunction()

# A call from one room into another is in the way of every request, and only the linker sees both sides of it. Objects
# hold what it needs for that beside the plain code. limpetd is linked from the objects, everything else from libraries
# of the plain code alone, so that tests take no longer. A library with both would have an index of what the former
# defines, which is more than what the latter does: linkers that go by it take the same object twice.
if(LIMPET_LTO AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND NOT LIMPET_SANITIZE)
  set(LIMPET_HAS_LTO ON)
endif()
function(limpet_lto target)
  if(LIMPET_HAS_LTO)
    target_compile_options(${target} PRIVATE -flto=auto -ffat-lto-objects)
    get_target_property(type ${target} TYPE)
    if(type STREQUAL "STATIC_LIBRARY")
      set_property(GLOBAL APPEND PROPERTY LIMPET_LTO_OBJECTS $<TARGET_OBJECTS:${target}>)
      add_custom_command(TARGET ${target} POST_BUILD VERBATIM
        COMMAND ${CMAKE_OBJCOPY} --wildcard --remove-section=.gnu.lto_* $<TARGET_FILE:${target}>)
    endif()
  endif()
endfunction()

# No request passes through these: they are not optimised as a whole with the others. Under a sanitizer they are not
# optimised at all, as they would take a third of the time to compile. Nor are the tests themselves.
set(LIMPET_COLD limpet_cluster limpet_node limpet_limpetd limpet_limpet)

# Warnings, sanitizers and the like: the same for every target of ours.
function(limpet_flags target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
    -Wnon-virtual-dtor -Woverloaded-virtual -Wold-style-cast -Wimplicit-fallthrough -Wextra-semi)
  if(LIMPET_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  get_target_property(type ${target} TYPE)
  if(LIMPET_HAS_LTO AND type STREQUAL "EXECUTABLE" AND NOT target STREQUAL "limpetd")
    target_link_options(${target} PRIVATE -fno-lto)
  endif()
  if(CMAKE_UNITY_BUILD)
    # In a unity build GCC takes a .cpp for a header, where a class with a member of an anonymous type would be wrong.
    target_compile_options(${target} PRIVATE -Wno-subobject-linkage)
  endif()
  if(LIMPET_SANITIZE)
    target_compile_options(${target} PUBLIC -fsanitize=${LIMPET_SANITIZE} -fno-omit-frame-pointer
      -fno-sanitize-recover=all)
    if(LIMPET_SANITIZE MATCHES "undefined")
      # AddressSanitizer notices what these would, and without them a build takes a tenth less time.
      target_compile_options(${target} PUBLIC -fno-sanitize=null,object-size,vptr)
    endif()
    if(NOT LIMPET_FUZZ AND (target IN_LIST LIMPET_COLD OR type STREQUAL "EXECUTABLE"))
      target_compile_options(${target} PRIVATE -O0)
    endif()
    # GCC cannot see through the checks that a sanitizer adds, and takes initialised members for uninitialised.
    target_compile_options(${target} PRIVATE -Wno-maybe-uninitialized)
    target_link_options(${target} PUBLIC -fsanitize=${LIMPET_SANITIZE})
    if(LIMPET_SANITIZE MATCHES "thread")
      # Asio has fences, which ThreadSanitizer does not follow; GCC warns at each.
      target_compile_options(${target} PRIVATE -Wno-tsan)
    endif()
  endif()
endfunction()

# For what only tests are made of: UBSan looks at what limpet is made of. Those who look for a fault in a test build
# `dev`; elsewhere the largest of them compile in half the time without what a debugger needs.
function(limpet_test_flags target)
  limpet_flags(${target})
  if(CMAKE_UNITY_BUILD)
    target_compile_options(${target} PRIVATE -g0)
  endif()
  if(LIMPET_SANITIZE MATCHES "undefined")
    target_compile_options(${target} PRIVATE -fno-sanitize=undefined)
  endif()
endfunction()

# What every test includes, which is more than most of them are: the compiler reads it once.
function(limpet_test_headers)
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/test_headers.cpp CONTENT "// What is compiled with it counts.\n")
  add_library(limpet_test_headers OBJECT ${CMAKE_BINARY_DIR}/test_headers.cpp)
  target_link_libraries(limpet_test_headers PRIVATE GTest::gtest GTest::gmock)
  limpet_test_flags(limpet_test_headers)
  target_compile_options(limpet_test_headers PRIVATE -O0)
  target_precompile_headers(limpet_test_headers PRIVATE <gmock/gmock.h> <gtest/gtest.h>)
endfunction()

# limpet_test(NAME SOURCES ... ROOMS ... [LIBRARIES ...] [LABEL unit] [UNDER_SANITIZER VARIABLE=VALUE ...])
# UNDER_SANITIZER: the environment of the test in a build that makes it several times slower. The others run all of it.
function(limpet_test name)
  cmake_parse_arguments(T "" "LABEL" "SOURCES;ROOMS;LIBRARIES;UNDER_SANITIZER" ${ARGN})
  add_executable(${name} ${T_SOURCES})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests/shared)
  list(TRANSFORM T_ROOMS PREPEND limpet_)
  target_link_libraries(${name} PRIVATE ${T_ROOMS} ${T_LIBRARIES} GTest::gtest GTest::gmock GTest::gtest_main)
  limpet_test_flags(${name})
  if(NOT T_LABEL STREQUAL "sim")
    # Most of a build is the compiler's work on these, which run once.
    target_compile_options(${name} PRIVATE -O0)
    if(TARGET limpet_test_headers)
      target_precompile_headers(${name} REUSE_FROM limpet_test_headers)
    endif()
  endif()
  add_test(NAME ${name} COMMAND ${name})
  if(NOT T_LABEL)
    set(T_LABEL unit)
  endif()
  set_tests_properties(${name} PROPERTIES LABELS ${T_LABEL} TIMEOUT 300)
  if(LIMPET_SANITIZE AND T_UNDER_SANITIZER)
    set_tests_properties(${name} PROPERTIES ENVIRONMENT "${T_UNDER_SANITIZER}")
  endif()
endfunction()
