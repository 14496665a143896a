# Programs for Windows built from the agent's sources: each source is compiled by the same clang as the rest with another
# target. Header-only libraries come from the host's packages, through a folder of links, because the host's /usr/include
# must not be seen by a Windows build.
cmake_path(SET windows_program_root NORMALIZE ${CMAKE_CURRENT_LIST_DIR}/../..)
set(windows_program_links ${CMAKE_BINARY_DIR}/agent/include)
file(MAKE_DIRECTORY ${windows_program_links})
foreach(header nlohmann/json.hpp tl/expected.hpp fmt/format.h)
  find_path(windows_include_of_${header} ${header} REQUIRED)
  cmake_path(GET header PARENT_PATH folder)
  file(CREATE_LINK ${windows_include_of_${header}}/${folder} ${windows_program_links}/${folder} SYMBOLIC)
endforeach()

# windows_program(TARGET PROGRAM source...): PROGRAM (an absolute path) from the sources, which are absolute or relative
# to the current folder.
function(windows_program target program)
  set(triple --target=x86_64-w64-windows-gnu)
  set(flags ${triple} -std=c++20 -O2 -g0 -municode -DUNICODE -DNOMINMAX -DWIN32_LEAN_AND_MEAN -D_WIN32_WINNT=0x0A00
    -DFMT_HEADER_ONLY -DHOTGATE_VERSION="${PROJECT_VERSION}" -I${windows_program_root} -isystem ${windows_program_links}
    -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wimplicit-fallthrough)
  if(HOTGATE_WERROR)
    list(APPEND flags -Werror)
  endif()
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/${target}-windows)
  file(MAKE_DIRECTORY ${folder})
  set(objects)
  foreach(source ${ARGN})
    cmake_path(ABSOLUTE_PATH source NORMALIZE)
    cmake_path(GET source STEM name)
    set(object ${folder}/${name}.o)
    add_custom_command(OUTPUT ${object}
      COMMAND ${CMAKE_CXX_COMPILER} ${flags} -MD -MF ${object}.d -c ${source} -o ${object}
      DEPENDS ${source} DEPFILE ${object}.d COMMAND_EXPAND_LISTS VERBATIM COMMENT "Building for Windows: ${target}, ${name}")
    list(APPEND objects ${object})
  endforeach()
  cmake_path(GET program PARENT_PATH parent)
  file(MAKE_DIRECTORY ${parent})
  cmake_path(GET program FILENAME name)
  add_custom_command(OUTPUT ${program}
    COMMAND ${CMAKE_CXX_COMPILER} ${triple} -municode -static -s -fuse-ld=lld-19 -Wl,-Xlink=-Brepro ${objects} -o ${program}
            -lpsapi -ldbghelp -ladvapi32 -lole32 -loleaut32 -lwevtapi -lntdll -lpthread
    DEPENDS ${objects} COMMAND_EXPAND_LISTS VERBATIM COMMENT "Linking ${name}")
  add_custom_target(${target} ALL DEPENDS ${program})
endfunction()
