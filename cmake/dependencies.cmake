# Checks that the compiler and every library are there before anything is compiled, and says what to do
# where one is not. Folders then link them by their plain names (uv, re2, ...).
#
#   SHALE_POSTGRES_INCLUDE   folder of postgres.h, for sql/parse only

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 12)
  message(FATAL_ERROR "g++ ${CMAKE_CXX_COMPILER_VERSION} is too old: Shale needs g++ 12 or newer")
endif()

find_package(Threads REQUIRED)
find_package(PkgConfig)

set(shale_missing "")

# shale_need(PURPOSE MODULE [VERSION]): a library that pkg-config knows.
function(shale_need purpose module)
  if(NOT PKG_CONFIG_FOUND)
    return()
  endif()
  string(MAKE_C_IDENTIFIER "SHALE_PC_${module}" variable)
  set(wanted ${module})
  if(ARGC GREATER 2)
    set(wanted "${module}>=${ARGV2}")
  endif()
  pkg_check_modules(${variable} QUIET ${wanted})
  if(NOT ${variable}_FOUND)
    set(shale_missing "${shale_missing}\n  ${wanted} (${purpose})" PARENT_SCOPE)
  endif()
endfunction()

# shale_need_header(PURPOSE VARIABLE HEADER LIBRARY [PATHS ...]): one that it does not know. LIBRARY may
# be empty for a library of headers only. VARIABLE becomes the folder of the header.
function(shale_need_header purpose variable header library)
  find_path(${variable} ${header} PATHS ${ARGN})
  if(NOT ${variable})
    set(shale_missing "${shale_missing}\n  ${header} (${purpose})" PARENT_SCOPE)
  elseif(library)
    find_library(${variable}_LIBRARY ${library})
    if(NOT ${variable}_LIBRARY)
      set(shale_missing "${shale_missing}\n  lib${library} (${purpose})" PARENT_SCOPE)
    endif()
  endif()
endfunction()

if(NOT PKG_CONFIG_FOUND)
  string(APPEND shale_missing "\n  pkg-config (finding the others)")
endif()
shale_need("event loops" libuv 1.40)
shale_need("TLS, SCRAM, encryption" libssl 3.0)
shale_need("TLS, SCRAM, encryption" libcrypto 3.0)
shale_need("formatting" fmt 9.0)
shale_need("logging" spdlog 1.10)
shale_need("checksums" libxxhash 0.8)
shale_need("compression" liblz4 1.9)
shale_need("compression" libzstd 1.5)
shale_need("regular expressions" re2)
shale_need("text rules" icu-uc 70)
shale_need("text rules" icu-i18n 70)
shale_need("settings" tomlplusplus 3.0)
shale_need("settings" CLI11 2.0)
shale_need("admin JSON" nlohmann_json 3.10)
shale_need_header("time zones" SHALE_DATE_INCLUDE date/tz.h date-tz)
shale_need_header("SQL grammar" SHALE_PG_QUERY_INCLUDE pg_query.h pg_query)
shale_need_header("memory allocation" SHALE_MIMALLOC_INCLUDE mimalloc.h mimalloc
  /usr/include/mimalloc-2.0 /usr/lib/x86_64-linux-gnu/mimalloc-2.0/include)
shale_need_header("SQL grammar" SHALE_POSTGRES_INCLUDE postgres.h ""
  /usr/include/postgresql/15/server)
shale_need_header("admin HTTP" SHALE_BOOST_INCLUDE boost/beast/core.hpp "")
if(SHALE_TESTS)
  shale_need("tests" gtest_main 1.12)
  shale_need("tests" gmock 1.12)
  shale_need("tests" libpq 15)
  shale_need_header("tests" SHALE_RAPIDCHECK_INCLUDE rapidcheck.h rapidcheck)
endif()
if(SHALE_BENCHMARKS)
  shale_need("benchmarks" benchmark 1.7)
endif()

if(shale_missing)
  set(shale_purpose serve)
  if(SHALE_TESTS)
    set(shale_purpose test)
  endif()
  if(SHALE_BENCHMARKS)
    set(shale_purpose bench)
  endif()
  message(FATAL_ERROR "missing libraries:${shale_missing}\n"
    "On Debian 12, `scripts/deps ${shale_purpose}` installs them.")
endif()

file(STRINGS ${SHALE_BOOST_INCLUDE}/boost/version.hpp shale_boost_version REGEX "define BOOST_VERSION ")
string(REGEX MATCH "[0-9]+" shale_boost_version "${shale_boost_version}")
if(shale_boost_version LESS 108100)
  message(FATAL_ERROR "Boost ${shale_boost_version} is too old: 1.81 or newer is needed "
    "(on Debian 12: libboost1.81-dev, `scripts/deps serve` installs it)")
endif()
