# gleaner_embed(TARGET FILE SYMBOL): puts a file into the program as
#   namespace gleaner::embedded { std::string_view SYMBOL(); }
# declared in "embedded/SYMBOL.h".
function(gleaner_embed TARGET FILE SYMBOL)
  set(out ${CMAKE_BINARY_DIR}/generated/embedded)
  set(input ${CMAKE_CURRENT_SOURCE_DIR}/${FILE})
  add_custom_command(
    OUTPUT ${out}/${SYMBOL}.cc
    COMMAND ${CMAKE_COMMAND} -DINPUT=${input} -DOUT=${out} -DSYMBOL=${SYMBOL} -P ${CMAKE_SOURCE_DIR}/cmake/EmbedFile.cmake
    DEPENDS ${input} ${CMAKE_SOURCE_DIR}/cmake/EmbedFile.cmake
    VERBATIM)
  target_sources(${TARGET} PRIVATE ${out}/${SYMBOL}.cc)
  target_include_directories(${TARGET} PRIVATE ${CMAKE_BINARY_DIR}/generated)
  file(WRITE ${out}/${SYMBOL}.h.new
       "#pragma once\n#include <string_view>\nnamespace gleaner::embedded {\nstd::string_view ${SYMBOL}();\n}\n")
  file(COPY_FILE ${out}/${SYMBOL}.h.new ${out}/${SYMBOL}.h ONLY_IF_DIFFERENT)
endfunction()
