// DuckDB's C API, loaded when it is first asked for: it is 64 MB that most commands never need, and linking it would
// cost each of them 15 ms. Functions keep their names; what they do stands in duckdb.h.
//
// Thread contract: safe from any thread.
#pragma once

#include <string>

#include <duckdb.h>

#include "base/error.h"

// Everything that is used of it.
#define GLEANER_DUCKDB_FUNCTIONS(X)                     \
  X(duckdb_bind_add_result_column)                      \
  X(duckdb_bind_get_extra_info)                         \
  X(duckdb_bind_get_named_parameter)                    \
  X(duckdb_bind_set_bind_data)                          \
  X(duckdb_bind_set_error)                              \
  X(duckdb_close)                                       \
  X(duckdb_column_count)                                \
  X(duckdb_column_name)                                 \
  X(duckdb_connect)                                     \
  X(duckdb_create_config)                               \
  X(duckdb_create_list_type)                            \
  X(duckdb_create_logical_type)                         \
  X(duckdb_create_table_function)                       \
  X(duckdb_data_chunk_get_size)                         \
  X(duckdb_data_chunk_get_vector)                       \
  X(duckdb_data_chunk_set_size)                         \
  X(duckdb_destroy_config)                              \
  X(duckdb_destroy_data_chunk)                          \
  X(duckdb_destroy_extracted)                           \
  X(duckdb_destroy_logical_type)                        \
  X(duckdb_destroy_pending)                             \
  X(duckdb_destroy_prepare)                             \
  X(duckdb_destroy_result)                              \
  X(duckdb_destroy_table_function)                      \
  X(duckdb_destroy_value)                               \
  X(duckdb_disconnect)                                  \
  X(duckdb_execute_pending)                             \
  X(duckdb_extract_statements)                          \
  X(duckdb_extract_statements_error)                    \
  X(duckdb_fetch_chunk)                                 \
  X(duckdb_free)                                        \
  X(duckdb_function_get_bind_data)                      \
  X(duckdb_function_get_init_data)                      \
  X(duckdb_function_get_local_init_data)                \
  X(duckdb_function_set_error)                          \
  X(duckdb_get_varchar)                                 \
  X(duckdb_init_get_bind_data)                          \
  X(duckdb_init_get_column_count)                       \
  X(duckdb_init_get_column_index)                       \
  X(duckdb_init_set_error)                              \
  X(duckdb_init_set_init_data)                          \
  X(duckdb_init_set_max_threads)                        \
  X(duckdb_list_vector_get_child)                       \
  X(duckdb_list_vector_get_size)                        \
  X(duckdb_list_vector_reserve)                         \
  X(duckdb_list_vector_set_size)                        \
  X(duckdb_logical_type_set_alias)                      \
  X(duckdb_open_ext)                                    \
  X(duckdb_pending_error)                               \
  X(duckdb_pending_prepared_streaming)                  \
  X(duckdb_prepare)                                     \
  X(duckdb_prepare_error)                               \
  X(duckdb_prepare_extracted_statement)                 \
  X(duckdb_prepared_statement_column_count)             \
  X(duckdb_prepared_statement_column_name)              \
  X(duckdb_prepared_statement_column_type)              \
  X(duckdb_prepared_statement_type)                     \
  X(duckdb_query)                                       \
  X(duckdb_register_table_function)                     \
  X(duckdb_result_error)                                \
  X(duckdb_set_config)                                  \
  X(duckdb_string_t_data)                               \
  X(duckdb_string_t_length)                             \
  X(duckdb_table_function_add_named_parameter)          \
  X(duckdb_table_function_set_bind)                     \
  X(duckdb_table_function_set_extra_info)               \
  X(duckdb_table_function_set_function)                 \
  X(duckdb_table_function_set_init)                     \
  X(duckdb_table_function_set_local_init)               \
  X(duckdb_table_function_set_name)                     \
  X(duckdb_table_function_supports_projection_pushdown) \
  X(duckdb_validity_row_is_valid)                       \
  X(duckdb_validity_set_row_invalid)                    \
  X(duckdb_vector_assign_string_element_len)            \
  X(duckdb_vector_ensure_validity_writable)             \
  X(duckdb_vector_get_data)                             \
  X(duckdb_vector_get_validity)

namespace gleaner::duckdb {

struct Library {
#define GLEANER_DUCKDB_MEMBER(name) decltype(&::name) name = nullptr;
  GLEANER_DUCKDB_FUNCTIONS(GLEANER_DUCKDB_MEMBER)
#undef GLEANER_DUCKDB_MEMBER
};

// From the file at `path`; if that is empty from libduckdb.so beside the program, in ../lib/gleaner of its folder, or
// wherever the system keeps its libraries. The first that is found serves the process until it ends. Errors:
// kUnavailable, saying where it was looked for.
Status load_library(const std::string& path);

// Once load_library() was well.
const Library& library();

}  // namespace gleaner::duckdb
