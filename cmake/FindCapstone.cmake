# The newest Capstone that is installed, as target Capstone::Capstone and Capstone_VERSION.
#
# A distribution's Capstone is often older than the code that it is to judge, and its new release is put beside it, in
# /usr/local or /opt. So all places are asked and the newest header wins, not the first. Version 6 is left out: it has
# other names for its architectures.
file(GLOB capstone_prefixes LIST_DIRECTORIES true /opt/*)
list(PREPEND capstone_prefixes ${Capstone_ROOT} ${CMAKE_PREFIX_PATH} ${CMAKE_SYSTEM_PREFIX_PATH})
list(REMOVE_DUPLICATES capstone_prefixes)

unset(Capstone_VERSION)
foreach(prefix IN LISTS capstone_prefixes)
  set(header ${prefix}/include/capstone/capstone.h)
  if(NOT EXISTS ${header})
    continue()
  endif()
  file(STRINGS ${header} lines REGEX "^#define CS_(API_MAJOR|API_MINOR|VERSION_EXTRA) +[0-9]+")
  string(REGEX REPLACE "[^;]* ([0-9]+)[^;]*" "\\1" numbers "${lines}")
  list(JOIN numbers . version)
  if(version VERSION_GREATER_EQUAL 6 OR (DEFINED Capstone_VERSION AND NOT version VERSION_GREATER Capstone_VERSION))
    continue()
  endif()
  find_library(capstone_library_${version} capstone PATHS ${prefix}/lib ${prefix}/lib/${CMAKE_LIBRARY_ARCHITECTURE} NO_DEFAULT_PATH)
  mark_as_advanced(capstone_library_${version})
  if(capstone_library_${version})
    set(Capstone_VERSION ${version})
    set(Capstone_INCLUDE_DIR ${prefix}/include)
    set(Capstone_LIBRARY ${capstone_library_${version}})
  endif()
endforeach()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Capstone REQUIRED_VARS Capstone_LIBRARY Capstone_INCLUDE_DIR VERSION_VAR Capstone_VERSION)
if(Capstone_FOUND AND NOT TARGET Capstone::Capstone)
  add_library(Capstone::Capstone UNKNOWN IMPORTED)
  set_target_properties(Capstone::Capstone PROPERTIES IMPORTED_LOCATION ${Capstone_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${Capstone_INCLUDE_DIR})
endif()
