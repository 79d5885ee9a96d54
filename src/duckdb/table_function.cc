// DuckDB calls bind() once for each place a table stands at in a question, init() when the pass over it begins, local()
// in each thread that takes part, and read() there until it gives no rows.
#include "duckdb/table_function.h"

#include <algorithm>

#include <fmt/format.h>

namespace gleaner::duckdb {
namespace {

constexpr size_t kChunkRows = 2048;  // STANDARD_VECTOR_SIZE
constexpr const char* kFilter = "filter";

struct Registered {
  std::unique_ptr<Table> table;
  FirstError& errors;
};

struct Bound {
  const Registered& registered;
  std::string filter;
};

struct Pass {
  explicit Pass(const Registered& of) : registered(of) {}
  const Registered& registered;
  std::vector<Type> types;  // of the columns asked for
  std::unique_ptr<TableScan> scan;
  std::mutex mutex;  // of next_part()
};

struct Local {
  std::unique_ptr<TablePart> part;
};

template <typename T>
void destroy(void* value) {
  delete static_cast<T*>(value);
}

class LogicalType {
 public:
  explicit LogicalType(Type type) : type_(make(type)) {}
  ~LogicalType() { library().duckdb_destroy_logical_type(&type_); }
  LogicalType(const LogicalType&) = delete;
  LogicalType& operator=(const LogicalType&) = delete;
  duckdb_logical_type get() const { return type_; }

 private:
  static duckdb_logical_type make(Type type) {
    const auto simple = [](duckdb_type id) { return library().duckdb_create_logical_type(id); };
    switch (type) {
      case Type::kText:
        return simple(DUCKDB_TYPE_VARCHAR);
      case Type::kJson: {
        duckdb_logical_type json = simple(DUCKDB_TYPE_VARCHAR);
        library().duckdb_logical_type_set_alias(json, "JSON");
        return json;
      }
      case Type::kBool:
        return simple(DUCKDB_TYPE_BOOLEAN);
      case Type::kInteger:
        return simple(DUCKDB_TYPE_BIGINT);
      case Type::kNumber:
        return simple(DUCKDB_TYPE_DOUBLE);
      case Type::kTime:
        return simple(DUCKDB_TYPE_TIMESTAMP_TZ);
      case Type::kTexts: {
        const LogicalType text(Type::kText);
        return library().duckdb_create_list_type(text.get());
      }
    }
    return nullptr;
  }

  duckdb_logical_type type_;
};

// One row of a chunk.
class ChunkRow final : public Row {
 public:
  ChunkRow(duckdb_data_chunk chunk, size_t columns) {
    for (size_t i = 0; i < columns; ++i) {
      duckdb_vector const vector = library().duckdb_data_chunk_get_vector(chunk, i);
      vectors_.push_back({vector, library().duckdb_vector_get_data(vector)});
    }
  }

  void move_to(size_t row) { row_ = row; }

  void null(size_t column) override {
    duckdb_vector const vector = vectors_[column].vector;
    library().duckdb_vector_ensure_validity_writable(vector);
    library().duckdb_validity_set_row_invalid(library().duckdb_vector_get_validity(vector), row_);
  }
  void text(size_t column, std::string_view value) override { assign(vectors_[column].vector, row_, value); }
  void flag(size_t column, bool value) override { put(column, value); }
  void integer(size_t column, int64_t value) override { put(column, value); }
  void number(size_t column, double value) override { put(column, value); }
  void time(size_t column, Time value) override { put(column, duckdb_timestamp{to_ms(value) * 1000}); }

  void texts(size_t column, std::span<const std::string> values) override {
    duckdb_vector const vector = vectors_[column].vector;
    const idx_t start = library().duckdb_list_vector_get_size(vector);
    library().duckdb_list_vector_reserve(vector, start + values.size());
    library().duckdb_list_vector_set_size(vector, start + values.size());
    duckdb_vector const child = library().duckdb_list_vector_get_child(vector);
    for (size_t i = 0; i < values.size(); ++i) assign(child, start + i, values[i]);
    put(column, duckdb_list_entry{start, values.size()});
  }

 private:
  struct Vector {
    duckdb_vector vector;
    void* data;
  };

  template <typename T>
  void put(size_t column, T value) {
    static_cast<T*>(vectors_[column].data)[row_] = value;
  }
  static void assign(duckdb_vector vector, idx_t at, std::string_view value) {
    library().duckdb_vector_assign_string_element_len(vector, at, value.data(), value.size());
  }

  std::vector<Vector> vectors_;
  size_t row_ = 0;
};

void bind(duckdb_bind_info info) {
  const auto& registered = *static_cast<Registered*>(library().duckdb_bind_get_extra_info(info));
  for (const Column& column : registered.table->columns()) {
    const LogicalType type(column.type);
    library().duckdb_bind_add_result_column(info, column.name.c_str(), type.get());
  }
  auto bound = std::make_unique<Bound>(Bound{registered, {}});
  if (duckdb_value value = library().duckdb_bind_get_named_parameter(info, kFilter); value != nullptr) {
    if (char* const text = library().duckdb_get_varchar(value); text != nullptr) {
      bound->filter = text;
      library().duckdb_free(text);
    }
    library().duckdb_destroy_value(&value);
  }
  library().duckdb_bind_set_bind_data(info, bound.release(), destroy<Bound>);
}

void init(duckdb_init_info info) {
  const auto& bound = *static_cast<Bound*>(library().duckdb_init_get_bind_data(info));
  const Table& table = *bound.registered.table;
  std::vector<size_t> wanted;
  auto pass = std::make_unique<Pass>(bound.registered);
  for (idx_t i = 0; i < library().duckdb_init_get_column_count(info); ++i) {
    // count(*) asks for a column that stands for the row itself, behind all others: any will do.
    const size_t column = std::min<size_t>(library().duckdb_init_get_column_index(info, i), table.columns().size() - 1);
    wanted.push_back(column);
    pass->types.push_back(table.columns()[column].type);
  }
  auto scan = table.scan(bound.filter, std::move(wanted));
  if (!scan) {
    bound.registered.errors.set(scan.error());
    return library().duckdb_init_set_error(info, scan.error().message.c_str());
  }
  pass->scan = *std::move(scan);
  library().duckdb_init_set_max_threads(info, pass->scan->parts());
  library().duckdb_init_set_init_data(info, pass.release(), destroy<Pass>);
}

Result<size_t> fill(Pass& pass, Local& local, ChunkRow& row) {
  size_t rows = 0;
  while (rows < kChunkRows) {
    if (local.part == nullptr) {
      const std::lock_guard lock(pass.mutex);
      TRY_ASSIGN(local.part, pass.scan->next_part());
      if (local.part == nullptr) break;
    }
    row.move_to(rows);
    TRY_ASSIGN(const bool more, local.part->next(row));
    if (more) {
      ++rows;
    } else {
      local.part.reset();
    }
  }
  return rows;
}

void read(duckdb_function_info info, duckdb_data_chunk chunk) {
  auto& pass = *static_cast<Pass*>(library().duckdb_function_get_init_data(info));
  auto& local = *static_cast<Local*>(library().duckdb_function_get_local_init_data(info));
  ChunkRow row(chunk, pass.types.size());
  const Result<size_t> rows = fill(pass, local, row);
  if (!rows) {
    pass.registered.errors.set(rows.error());
    return library().duckdb_function_set_error(info, rows.error().message.c_str());
  }
  library().duckdb_data_chunk_set_size(chunk, *rows);
}

void local(duckdb_init_info info) {
  library().duckdb_init_set_init_data(info, new Local, destroy<Local>);
}

}  // namespace

Status register_table(duckdb_connection connection, const std::string& name, std::unique_ptr<Table> table,
                      FirstError& errors) {
  duckdb_table_function function = library().duckdb_create_table_function();
  library().duckdb_table_function_set_name(function, name.c_str());
  const LogicalType text(Type::kText);
  library().duckdb_table_function_add_named_parameter(function, kFilter, text.get());
  library().duckdb_table_function_set_extra_info(function, new Registered{std::move(table), errors},
                                                 destroy<Registered>);
  library().duckdb_table_function_set_bind(function, bind);
  library().duckdb_table_function_set_init(function, init);
  library().duckdb_table_function_set_local_init(function, local);
  library().duckdb_table_function_set_function(function, read);
  library().duckdb_table_function_supports_projection_pushdown(function, true);
  const duckdb_state state = library().duckdb_register_table_function(connection, function);
  library().duckdb_destroy_table_function(&function);
  if (state != DuckDBSuccess) return fail(Code::kInternal, fmt::format("table {}: DuckDB refuses it", name));
  return {};
}

}  // namespace gleaner::duckdb
