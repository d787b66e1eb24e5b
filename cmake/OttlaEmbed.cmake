# Files as parts of the program.

function(_ottla_embed_bytes prefix number file out_text)
  set(${out_text} "asm(R\"(
  .section .rodata,\"a\"
  ${prefix}_${number}_begin: .incbin \"${file}\"
  ${prefix}_${number}_end: .byte 0
  .previous)\");
extern \"C\" const char ${prefix}_${number}_begin[], ${prefix}_${number}_end[];
" PARENT_SCOPE)
endfunction()

# ottla_embed_text(OUT source.cpp FUNCTION openapi_document HEADER header FILE file): a function of
# namespace ottla that returns the file's bytes.
function(ottla_embed_text)
  cmake_parse_arguments(embed "" "OUT;FUNCTION;HEADER;FILE" "" ${ARGN})
  _ottla_embed_bytes(ottla_${embed_FUNCTION} 0 "${embed_FILE}" bytes)
  file(CONFIGURE OUTPUT "${embed_OUT}" @ONLY CONTENT "#include \"${embed_HEADER}\"

${bytes}
std::string_view ottla::${embed_FUNCTION}() {
  return {ottla_${embed_FUNCTION}_0_begin, static_cast<size_t>(ottla_${embed_FUNCTION}_0_end - ottla_${embed_FUNCTION}_0_begin)};
}
")
  set_property(SOURCE "${embed_OUT}" APPEND PROPERTY OBJECT_DEPENDS "${embed_FILE}")
endfunction()

# ottla_embed_site(OUT source.cpp FOLDER dist): embedded_files() with every file of the folder; a
# file named like another with .gz behind it is that one, compressed. No folder: an empty table.
function(ottla_embed_site)
  cmake_parse_arguments(embed "" "OUT;FOLDER" "" ${ARGN})
  file(GLOB_RECURSE files CONFIGURE_DEPENDS LIST_DIRECTORIES false RELATIVE "${embed_FOLDER}" "${embed_FOLDER}/*")
  list(SORT files)
  set(bytes "")
  set(rows "")
  set(number 0)
  foreach(file IN LISTS files)
    if(file MATCHES "\\.(gz|br|map)$")
      continue()
    endif()
    if(file MATCHES "\\.html$")
      set(type "text/html; charset=utf-8")
    elseif(file MATCHES "\\.js$")
      set(type "text/javascript; charset=utf-8")
    elseif(file MATCHES "\\.css$")
      set(type "text/css; charset=utf-8")
    elseif(file MATCHES "\\.svg$")
      set(type "image/svg+xml")
    elseif(file MATCHES "\\.json$")
      set(type "application/json")
    elseif(file MATCHES "\\.png$")
      set(type "image/png")
    else()
      set(type "application/octet-stream")
    endif()
    file(SHA256 "${embed_FOLDER}/${file}" hash)
    string(SUBSTRING "${hash}" 0 16 hash)
    _ottla_embed_bytes(ottla_site ${number} "${embed_FOLDER}/${file}" one)
    string(APPEND bytes "${one}")
    set(plain "{ottla_site_${number}_begin, static_cast<size_t>(ottla_site_${number}_end - ottla_site_${number}_begin)}")
    set_property(SOURCE "${embed_OUT}" APPEND PROPERTY OBJECT_DEPENDS "${embed_FOLDER}/${file}")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${embed_FOLDER}/${file}")
    math(EXPR number "${number} + 1")
    set(gzip "{}")
    if(EXISTS "${embed_FOLDER}/${file}.gz")
      _ottla_embed_bytes(ottla_site ${number} "${embed_FOLDER}/${file}.gz" one)
      string(APPEND bytes "${one}")
      set(gzip "{ottla_site_${number}_begin, static_cast<size_t>(ottla_site_${number}_end - ottla_site_${number}_begin)}")
      set_property(SOURCE "${embed_OUT}" APPEND PROPERTY OBJECT_DEPENDS "${embed_FOLDER}/${file}.gz")
      math(EXPR number "${number} + 1")
    endif()
    string(APPEND rows "      {\"/${file}\", \"${type}\", ${plain}, ${gzip}, \"${hash}\"},\n")
  endforeach()
  if(rows STREQUAL "")
    set(body "  return {};\n")
  else()
    set(body "  static const ottla::embedded_file files[] = {\n${rows}  };\n  return files;\n")
  endif()
  file(CONFIGURE OUTPUT "${embed_OUT}" @ONLY CONTENT "#include \"admin-ui/server/embedded_files.hpp\"

${bytes}
std::span<const ottla::embedded_file> ottla::embedded_files() {
${body}}
")
endfunction()
