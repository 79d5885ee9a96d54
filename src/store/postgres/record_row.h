// Interactions as they are read back. Plain functions; one thread.
#pragma once

#include <map>
#include <optional>
#include <vector>

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

struct Signals {
  std::vector<record::Signal> signals;  // in order of arrival
  std::vector<uint64_t> hashes;
};

// The signals of the interactions at `places`, which are of one project, by their ids.
Result<std::map<std::string, Signals, std::less<>>> read_signals(Connection& connection,
                                                                 const std::vector<Place>& places);

}  // namespace gleaner::store
