# Build rules shared by every folder.
#
#   shale_library(NAME DEPS ...)      static library of the folder's *.cc
#   shale_test(NAME DEPS ... LABELS ...)   one GoogleTest binary of the folder's *.cc
#
# The label `unit` puts a test into the target unit_tests, `concurrent` into concurrent_tests; these are
# what the sanitizer builds compile, so that they need not build the server.

include(${CMAKE_CURRENT_LIST_DIR}/dependencies.cmake)

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
endif()

add_library(shale_options INTERFACE)
target_include_directories(shale_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(shale_options INTERFACE
  -Wall -Wextra -Werror -Wno-unused-parameter -Wno-missing-field-initializers
  # g++ 12 warns of strings put together where nothing is wrong, depending on what it inlines.
  $<$<CXX_COMPILER_ID:GNU>:-fcoroutines -Wno-maybe-uninitialized -Wno-array-bounds
    -Wno-stringop-overflow -Wno-stringop-overread -Wno-restrict>
  # Merged files look like headers to g++, which then warns of members of unnamed namespaces' types.
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<BOOL:${CMAKE_UNITY_BUILD}>>:-Wno-subobject-linkage>
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>
  -fno-omit-frame-pointer)
target_compile_definitions(shale_options INTERFACE SPDLOG_FMT_EXTERNAL)
target_link_libraries(shale_options INTERFACE Threads::Threads)
if(SHALE_SANITIZE)
  target_compile_options(shale_options INTERFACE -fsanitize=${SHALE_SANITIZE} -fno-sanitize-recover=all)
  if(SHALE_SANITIZE MATCHES undefined)
    # These look at every reference and double the time to compile; a null one ends under ASan as well.
    target_compile_options(shale_options INTERFACE -fno-sanitize=null,alignment,object-size,vptr)
  endif()
  if(SHALE_SANITIZE MATCHES thread)
    # TSan does not know fences; Asio's queues have locks besides.
    target_compile_definitions(shale_options INTERFACE BOOST_ASIO_DISABLE_FENCED_BLOCK)
  endif()
  target_link_options(shale_options INTERFACE -fsanitize=${SHALE_SANITIZE})
endif()

# The standard headers that nearly every file includes take longer to read than most files to compile: they
# are read once, for all libraries. ccache must be told to look at a precompiled header's contents instead
# of its time.
function(shale_prepare_precompiled name)
  target_compile_options(${name} PRIVATE
    $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess -Wno-error=invalid-pch>)
  if(CCACHE)
    set_target_properties(${name} PROPERTIES CXX_COMPILER_LAUNCHER
      "${CMAKE_COMMAND};-E;env;CCACHE_SLOPPINESS=pch_defines,time_macros;${CCACHE}")
  endif()
endfunction()

file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/headers.cc CONTENT "// Only for its precompiled header.\n")
add_library(shale_headers OBJECT ${CMAKE_BINARY_DIR}/headers.cc)
target_link_libraries(shale_headers PRIVATE shale_options)
target_precompile_headers(shale_headers PRIVATE
  <fmt/core.h> <algorithm> <atomic> <bit> <chrono> <condition_variable> <coroutine> <cstdint> <cstring> <deque>
  <functional> <map> <memory> <mutex> <optional> <set> <span> <string> <string_view> <thread> <unordered_map>
  <utility> <variant> <vector>)
shale_prepare_precompiled(shale_headers)

function(shale_library name)
  cmake_parse_arguments(ARG "" "" "DEPS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  if(sources)
    add_library(${name} STATIC ${sources})
    target_link_libraries(${name} PUBLIC shale_options ${ARG_DEPS})
    shale_prepare_precompiled(${name})
    target_precompile_headers(${name} REUSE_FROM shale_headers)
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE shale_options ${ARG_DEPS})
  endif()
endfunction()

# What all that shares the tests' precompiled header must agree on.
function(shale_prepare_test name)
  target_compile_definitions(${name} PRIVATE SHALE_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF)  # one flag for objects and programs
  target_compile_options(${name} PRIVATE -O0)  # tests take longer to compile than to run
  shale_prepare_precompiled(${name})
endfunction()

if(SHALE_TESTS)
  add_custom_target(unit_tests)
  add_custom_target(concurrent_tests)

  # GoogleTest and RapidCheck are read once as well.
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/test_headers.cc CONTENT "// Only for its precompiled header.\n")
  add_library(shale_test_headers OBJECT ${CMAKE_BINARY_DIR}/test_headers.cc)
  target_link_libraries(shale_test_headers PRIVATE shale_options)
  target_precompile_headers(shale_test_headers PRIVATE
    <gtest/gtest.h> <rapidcheck.h> <functional> <map> <memory> <string> <vector>)
  shale_prepare_test(shale_test_headers)
endif()

function(shale_test name)
  cmake_parse_arguments(ARG "" "" "DEPS;LABELS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  if(NOT sources)
    return()
  endif()
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE shale_options ${ARG_DEPS} gtest_main gmock gtest rapidcheck)
  shale_prepare_test(${name})
  target_precompile_headers(${name} REUSE_FROM shale_test_headers)
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${CMAKE_BINARY_DIR})
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT 600)
  foreach(label unit concurrent)
    if(label IN_LIST ARG_LABELS)
      add_dependencies(${label}_tests ${name})
    endif()
  endforeach()
endfunction()
