# The script behind gleaner_embed: OUT/SYMBOL.cc, which has the assembler take INPUT in as it is.
file(WRITE ${OUT}/${SYMBOL}.cc
     "#include \"embedded/${SYMBOL}.h\"\n"
     "asm(\".pushsection .rodata\\n\"\n"
     "    \"gleaner_embedded_${SYMBOL}: .incbin \\\"${INPUT}\\\"\\n\"\n"
     "    \"gleaner_embedded_${SYMBOL}_end: .byte 0\\n\"\n"
     "    \".popsection\\n\");\n"
     "extern \"C\" const char gleaner_embedded_${SYMBOL}[];\n"
     "extern \"C\" const char gleaner_embedded_${SYMBOL}_end[];\n"
     "namespace gleaner::embedded {\n"
     "std::string_view ${SYMBOL}() { return {gleaner_embedded_${SYMBOL}, gleaner_embedded_${SYMBOL}_end}; }\n}\n")
