# The script behind gleaner_embed: INPUT as a byte array in OUT/SYMBOL.cc.
file(READ ${INPUT} bytes HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
file(WRITE ${OUT}/${SYMBOL}.cc
     "#include \"embedded/${SYMBOL}.h\"\nnamespace gleaner::embedded {\nnamespace {\nconst unsigned char kBytes[] = {${bytes}0};\n}\n"
     "std::string_view ${SYMBOL}() { return {reinterpret_cast<const char*>(kBytes), sizeof(kBytes) - 1}; }\n}\n")
