# embed_text(TARGET file NAMESPACE FUNCTION): compiles a text file into TARGET as `std::string_view NAMESPACE::FUNCTION()`.
# The delimiter and the split keep any text safe: a raw string literal ends only at )hgtext", and none of our texts holds that.
function(embed_text target file namespace function)
  get_filename_component(name ${file} NAME)
  file(READ ${file} text)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  set(generated ${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp)
  file(CONFIGURE OUTPUT ${generated} @ONLY CONTENT
"// Made from ${name} by embed_text().
#include <string_view>
namespace @namespace@ {
std::string_view @function@() { return R\"hgtext(@text@)hgtext\"; }
} // namespace @namespace@
")
  target_sources(${target} PRIVATE ${generated})
endfunction()
