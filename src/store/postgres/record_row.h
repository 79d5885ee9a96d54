// Interactions as they are read back. Plain functions; one thread.
#pragma once

#include <optional>

#include "record/codec.h"
#include "store/postgres/connection.h"
#include "store/postgres/refs.h"
#include "store/store.h"

namespace gleaner::store {

// The JSON of a record out of the columns raw_bytes, record_json, record_zstd, from `column` on, of a binary answer.
// `unpacked` is where it stands if it was compressed.
Result<std::string_view> record_text(const Rows& rows, int row, int column, std::string& unpacked);

// The interaction at `place`, with verdict and signals; nothing if there is none.
Result<std::optional<Stored>> read_interaction(Connection& connection, const Place& place);

// Fills in the signals of those of `stored` that have any.
Status read_signals(Connection& connection, record::Decoder& decoder, std::vector<Stored*> stored,
                    std::string_view project);

}  // namespace gleaner::store
