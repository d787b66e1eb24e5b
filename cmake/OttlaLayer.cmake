# ottla_layer(name SOURCES a.cpp ... DEPENDS targets ... PRIVATE libraries ...)
# One static library per folder. DEPENDS is public: the layers below. PRIVATE names the heavy
# libraries whose headers never leave the folder's sources.
function(ottla_layer name)
  cmake_parse_arguments(layer "" "" "SOURCES;DEPENDS;PRIVATE" ${ARGN})
  add_library(${name} STATIC ${layer_SOURCES})
  target_link_libraries(${name} PUBLIC ottla_options ${layer_DEPENDS} PRIVATE ${layer_PRIVATE})
endfunction()
