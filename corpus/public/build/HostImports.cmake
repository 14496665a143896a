# Writes host.def: what OBJECTS (comma-separated, in the current folder) use and none of them defines, as a DLL "host" would
# export it. PREFIX is what the machine puts before a C name.
string(REPLACE "," ";" OBJECTS "${OBJECTS}")
execute_process(COMMAND ${NM} --just-symbol-name --undefined-only ${OBJECTS} OUTPUT_VARIABLE used COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${NM} --just-symbol-name --defined-only --extern-only ${OBJECTS} OUTPUT_VARIABLE defined
  COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[^\n]+" defined "${defined}")
string(REGEX MATCHALL "[^\n]+" used "${used}")
list(FILTER used EXCLUDE REGEX ":$")
list(TRANSFORM used REPLACE "^__imp_" "")
list(REMOVE_ITEM used ${defined})
if(PREFIX)
  list(TRANSFORM used REPLACE "^${PREFIX}(.*)$" "\\1") # the whole name: "^" alone would match again after the first
endif()
list(SORT used)
list(REMOVE_DUPLICATES used)
list(JOIN used "\n" names)
file(WRITE host.def "LIBRARY host.dll\nEXPORTS\n${names}\n")
