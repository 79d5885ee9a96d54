// Signals as rows of gleaner.signals, gathered and written as one statement. One thread.
#pragma once

#include <array>
#include <string>

#include "record/signal.h"
#include "store/postgres/connection.h"
#include "store/postgres/refs.h"

namespace gleaner::store {

class SignalRows {
 public:
  // In order of arrival. A signal that names an item only says from now on whose it is. Bytes of its JSON.
  int64_t add(const Place& place, const record::Signal& signal, uint64_t content_hash);
  bool empty() const { return places_.empty(); }
  // The statement that inserts them. Begins anew.
  Call insert();

 private:
  PlaceColumns places_;
  std::array<ArrayText, 6> columns_;  // id, content_hash, kind, user_id, created_at, record_json
  std::string json_;
};

}  // namespace gleaner::store
