# DuckDB's header and shared library: of the system, else those that scripts/setup fetched. The library is loaded when a
# command asks for it (src/duckdb/library.h), so it has to lie beside the programs or where an installed one looks.
set(duckdb_version 1.4.4-r.4)
if(DEFINED ENV{XDG_CACHE_HOME})
  set(duckdb_fetched $ENV{XDG_CACHE_HOME}/gleaner/duckdb-${duckdb_version})
else()
  set(duckdb_fetched $ENV{HOME}/.cache/gleaner/duckdb-${duckdb_version})
endif()
find_path(DUCKDB_INCLUDE_DIR duckdb.h HINTS ${duckdb_fetched})
find_library(DUCKDB_LIBRARY duckdb HINTS ${duckdb_fetched})
if(NOT DUCKDB_INCLUDE_DIR OR NOT DUCKDB_LIBRARY)
  message(FATAL_ERROR "DuckDB's header or library is not there: run scripts/setup")
endif()

file(CREATE_LINK ${DUCKDB_LIBRARY} ${CMAKE_BINARY_DIR}/libduckdb.so SYMBOLIC)
install(FILES ${DUCKDB_LIBRARY} DESTINATION lib/gleaner RENAME libduckdb.so)
