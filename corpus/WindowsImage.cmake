# Builds a Windows x64 image (EXE or DLL, with PDB and linker map) from C++ and assembly, without an SDK or a C run-time:
# MSVC ABI, freestanding, clang and lld. The bytes depend on the sources and the options only, not on the folder.
# Limits: sources of one image need different names; sources outside corpus/ would bring their path into the PDB.
#
# windows_image(NAME
#   SOURCES file...              .cpp, .c or .s; headers are found by the compiler and are real dependencies
#   [STEM name]                  the files' name; default NAME
#   [DLL]                        a DLL; else a console program
#   [ENTRY symbol]               default Start; NONE for a DLL without one
#   [DEFINES A B=1 ...]
#   [IMPORTS file.def ...]       import libraries are made from these
#   [EXPORTS symbol...]
#   [COMPILE_OPTIONS ...]        added at the end, so they win: -O0, -Xclang -cfguard, ...
#   [LINK_OPTIONS ...]           added at the end: /guard:cf, /section:...
#   [FOLD]                       identical functions become one (/opt:icf)
#   [NO_PADDING]                 no room before functions (/functionpadmin left out)
#   [NO_CHECKSUM])               OptionalHeader.CheckSum stays 0
#
# Sets in the caller's scope: NAME_IMAGE, NAME_PDB, NAME_MAP and NAME_FOLDER, where the objects lie too.

find_program(HOTGATE_CLANGXX clang++-19 REQUIRED)
find_program(HOTGATE_CLANG clang-19 REQUIRED)
find_program(HOTGATE_LLD_LINK lld-link-19 REQUIRED)
find_program(HOTGATE_DLLTOOL llvm-dlltool-19 REQUIRED)

# Without a run-time there is no stack probe: a frame that needs one is refused.
set(WINDOWS_IMAGE_COMPILE --target=x86_64-pc-windows-msvc -fms-extensions -fms-compatibility-version=19.40
  -ffreestanding -fasynchronous-unwind-tables -nostdinc -O2 -g -gcodeview -ffunction-sections -fdata-sections -mno-stack-arg-probe
  -Wall -Wextra -Werror -Wframe-larger-than=4000
  -gno-codeview-command-line -fdebug-compilation-dir=. -ffile-prefix-map=${CMAKE_CURRENT_LIST_DIR}=corpus)
set(WINDOWS_IMAGE_COMPILE_CXX -std=c++20 -fno-exceptions -fno-rtti)

# One object. Sets `result` to its path.
function(windows_image_object result folder source)
  cmake_parse_arguments(ARG "" "" "OPTIONS" ${ARGN})
  cmake_path(GET source STEM stem)
  cmake_path(GET source EXTENSION LAST_ONLY extension)
  set(object ${folder}/${stem}.obj)
  set(c ${WINDOWS_IMAGE_COMPILE} -MD -MF ${object}.d -MT ${object} ${ARG_OPTIONS})
  set(dependencies ${source} DEPFILE ${object}.d)
  if(extension STREQUAL ".s")
    set(command ${HOTGATE_CLANG} --target=x86_64-pc-windows-msvc)
    set(dependencies ${source})
  elseif(extension STREQUAL ".c")
    set(command ${HOTGATE_CLANG} ${c})
  else()
    set(command ${HOTGATE_CLANGXX} ${WINDOWS_IMAGE_COMPILE_CXX} ${c})
  endif()
  # In the folder, since an object remembers its own name as it is given here.
  add_custom_command(OUTPUT ${object} COMMAND ${command} -c ${source} -o ${stem}.obj WORKING_DIRECTORY ${folder}
    DEPENDS ${dependencies} COMMENT "Windows object ${stem}" VERBATIM)
  set(${result} ${object} PARENT_SCOPE)
endfunction()

function(windows_image name)
  cmake_parse_arguments(ARG "DLL;FOLD;NO_PADDING;NO_CHECKSUM" "STEM;ENTRY"
    "SOURCES;DEFINES;IMPORTS;EXPORTS;COMPILE_OPTIONS;LINK_OPTIONS" ${ARGN})
  if(ARG_UNPARSED_ARGUMENTS OR NOT ARG_SOURCES)
    message(FATAL_ERROR "windows_image(${name}): needs SOURCES, and does not know: ${ARG_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT ARG_STEM)
    set(ARG_STEM ${name})
  endif()
  if(NOT ARG_ENTRY)
    set(ARG_ENTRY Start)
  endif()
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/images/${name})
  file(MAKE_DIRECTORY ${folder})

  set(options ${ARG_COMPILE_OPTIONS})
  if(NOT ARG_NO_PADDING)
    list(PREPEND options -fms-hotpatch)
  endif()
  foreach(define ${ARG_DEFINES})
    list(APPEND options -D${define})
  endforeach()
  set(inputs "")
  foreach(source ${ARG_SOURCES})
    cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
    windows_image_object(object ${folder} ${source} OPTIONS ${options})
    list(APPEND inputs ${object})
  endforeach()
  foreach(definition ${ARG_IMPORTS})
    cmake_path(ABSOLUTE_PATH definition BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
    cmake_path(GET definition STEM stem)
    set(library ${folder}/${stem}.lib)
    add_custom_command(OUTPUT ${library} COMMAND ${HOTGATE_DLLTOOL} -m i386:x86-64 -d ${definition} -l ${library}
      DEPENDS ${definition} COMMENT "Import library ${stem}" VERBATIM)
    list(APPEND inputs ${library})
  endforeach()

  # The linker runs in the folder and sees names only: paths would go into the PDB.
  set(relative "")
  foreach(input ${inputs})
    cmake_path(GET input FILENAME filename)
    list(APPEND relative ${filename})
  endforeach()
  set(image ${ARG_STEM}.exe)
  set(link /nodefaultlib /subsystem:console /debug /Brepro /opt:ref /pdbaltpath:${ARG_STEM}.pdb /pdbsourcepath:.
    /map:${ARG_STEM}.map)
  if(ARG_DLL)
    set(image ${ARG_STEM}.dll)
    list(APPEND link /dll)
  endif()
  if(ARG_ENTRY STREQUAL "NONE")
    list(APPEND link /noentry)
  else()
    list(APPEND link /entry:${ARG_ENTRY})
  endif()
  list(APPEND link $<IF:$<BOOL:${ARG_FOLD}>,/opt:icf,/opt:noicf>)
  if(NOT ARG_NO_PADDING)
    list(APPEND link /functionpadmin:6)
  endif()
  if(NOT ARG_NO_CHECKSUM)
    list(APPEND link /release)
  endif()
  foreach(symbol ${ARG_EXPORTS})
    list(APPEND link /export:${symbol})
  endforeach()
  add_custom_command(OUTPUT ${folder}/${image} ${folder}/${ARG_STEM}.pdb ${folder}/${ARG_STEM}.map
    COMMAND ${HOTGATE_LLD_LINK} ${link} ${ARG_LINK_OPTIONS} /out:${image} ${relative}
    WORKING_DIRECTORY ${folder} DEPENDS ${inputs} COMMENT "Windows image ${name}" VERBATIM)

  set(${name}_IMAGE ${folder}/${image} PARENT_SCOPE)
  set(${name}_PDB ${folder}/${ARG_STEM}.pdb PARENT_SCOPE)
  set(${name}_MAP ${folder}/${ARG_STEM}.map PARENT_SCOPE)
  set(${name}_FOLDER ${folder} PARENT_SCOPE)
endfunction()
