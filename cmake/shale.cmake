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
  $<$<CXX_COMPILER_ID:GNU>:-fcoroutines -Wno-maybe-uninitialized>
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>
  -fno-omit-frame-pointer)
target_compile_definitions(shale_options INTERFACE SPDLOG_FMT_EXTERNAL)
target_link_libraries(shale_options INTERFACE Threads::Threads)
if(SHALE_SANITIZE)
  target_compile_options(shale_options INTERFACE -fsanitize=${SHALE_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(shale_options INTERFACE -fsanitize=${SHALE_SANITIZE})
endif()

function(shale_library name)
  cmake_parse_arguments(ARG "" "" "DEPS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  if(sources)
    add_library(${name} STATIC ${sources})
    target_link_libraries(${name} PUBLIC shale_options ${ARG_DEPS})
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE shale_options ${ARG_DEPS})
  endif()
endfunction()

if(SHALE_TESTS)
  add_custom_target(unit_tests)
  add_custom_target(concurrent_tests)
endif()

function(shale_test name)
  cmake_parse_arguments(ARG "" "" "DEPS;LABELS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  if(NOT sources)
    return()
  endif()
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE shale_options ${ARG_DEPS} gtest_main gmock gtest rapidcheck)
  target_compile_definitions(${name} PRIVATE SHALE_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${CMAKE_BINARY_DIR})
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT 600)
  foreach(label unit concurrent)
    if(label IN_LIST ARG_LABELS)
      add_dependencies(${label}_tests ${name})
    endif()
  endforeach()
endfunction()
