# share_precompiled_headers(): the standard library as nearly every file includes it, and GoogleTest for those that test,
# are read once for the whole tree and not once a file: a quarter of the time of a build and of clang-tidy.
# A file still includes what it uses: -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON builds without, as a compiler cache wants.

# All C++ programs and libraries of a folder and of those below it.
function(cxx_targets_below folder result)
  get_property(targets DIRECTORY ${folder} PROPERTY BUILDSYSTEM_TARGETS)
  set(found)
  foreach(target IN LISTS targets)
    get_target_property(type ${target} TYPE)
    if(type MATCHES "^(STATIC_LIBRARY|EXECUTABLE)$")
      list(APPEND found ${target})
    endif()
  endforeach()
  get_property(subfolders DIRECTORY ${folder} PROPERTY SUBDIRECTORIES)
  foreach(subfolder IN LISTS subfolders)
    cxx_targets_below(${subfolder} below)
    list(APPEND found ${below})
  endforeach()
  set(${result} ${found} PARENT_SCOPE)
endfunction()

function(share_precompiled_headers)
  set(standard <algorithm> <array> <charconv> <chrono> <cstdint> <cstring> <filesystem> <functional> <map> <memory>
    <optional> <set> <span> <string> <string_view> <unordered_map> <utility> <variant> <vector> <fmt/format.h>)
  file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/precompiled/empty.cpp CONTENT "// The precompiled headers need a source.\n")
  foreach(kind IN ITEMS plain tested)
    add_library(hotgate_${kind}_headers OBJECT ${CMAKE_BINARY_DIR}/precompiled/empty.cpp)
    target_link_libraries(hotgate_${kind}_headers PRIVATE hotgate_options)
  endforeach()
  target_precompile_headers(hotgate_plain_headers PRIVATE ${standard})
  target_link_libraries(hotgate_tested_headers PRIVATE GTest::gmock)
  target_precompile_headers(hotgate_tested_headers PRIVATE ${standard} <gmock/gmock.h> <gtest/gtest.h>)

  cxx_targets_below(${CMAKE_SOURCE_DIR} targets)
  foreach(target IN LISTS targets)
    get_target_property(libraries ${target} LINK_LIBRARIES)
    if("GTest::gmock" IN_LIST libraries)
      target_precompile_headers(${target} REUSE_FROM hotgate_tested_headers)
    else()
      target_precompile_headers(${target} REUSE_FROM hotgate_plain_headers)
    endif()
  endforeach()
endfunction()
