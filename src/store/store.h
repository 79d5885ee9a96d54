// The port behind which interactions and signals are kept. An implementation passes store/testing/store_contract.h.
//
// Promises every implementation makes:
//   - append() returns after everything it reports is durable: a kill or a power cut loses none of it;
//   - writing the same id with the same content again changes nothing, with other content is a conflict;
//   - a signal finds its interaction in whichever order the two arrive;
//   - data is partitioned by the UTC day of created_at, and dropping a day costs the same whatever it holds;
//   - totals() costs the same at a hundred interactions and at ten million;
//   - nothing of one project is seen from another.
//
// Thread contract: every method is safe from any thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "base/time.h"
#include "record/filter.h"
#include "record/interaction.h"
#include "record/signal.h"
#include "record/verdict.h"

namespace gleaner::store {

// A record on its way in: complete (id and created_at are set) and never changed again.
struct Write {
  std::string project;
  std::variant<record::Interaction, record::Signal> record;
  // Two writes of one id are the same when this is. A digest of what the client sent.
  uint64_t content_hash = 0;
  // The id was minted by us a moment ago, so nothing can have it yet.
  bool id_is_fresh = false;
  // Of an interaction whose id was looked for among the archived parts of its day: the day's generation then
  // (ArchiveCatalog). append() fails with kConflict, and nothing is stored, if it is another by now.
  std::optional<int64_t> generation = std::nullopt;
};

enum class Outcome {
  kStored,     //
  kDuplicate,  // the same id and content are stored already
  kConflict,   // the id is stored with other content; this write was dropped
  kSpooled,    // never from a store: the intake keeps it on disk until the store answers again
};

struct Stored {
  record::Interaction interaction;
  record::Verdict verdict;
  std::vector<record::Signal> signals;  // in order of arrival; only where asked for
  // What Write::content_hash was, so that a record can be carried to another store.
  uint64_t content_hash = 0;
  std::vector<uint64_t> signal_hashes;  // of `signals`, in their order
  // Order of arrival inside its day: greater is later, and none is given out twice.
  int64_t position = 0;
};

// Where a walk stands: everything up to that record, in walking order, has been seen. Text: "2026-11-21.4711".
struct Cursor {
  Day day;
  int64_t position = 0;

  std::string text() const;
  // Errors: kInvalidArgument.
  static Result<Cursor> parse(std::string_view text);
};

enum class Order { kOldestFirst, kNewestFirst };  // by day, and inside a day by arrival

struct ScanOptions {
  std::string project;
  record::Filter filter;
  Order order = Order::kOldestFirst;
  std::string cursor;  // a Cursor's text, from Scan::cursor(); empty for the beginning
  bool with_signals = false;
  uint64_t max_bytes = 0;  // stop after looking at so many bytes of records; 0 for no bound
  // For a walk over one day: next() fails with kConflict once the day's generation (ArchiveCatalog) is another.
  std::optional<int64_t> generation;

  // The filter may ask for signals that the caller does not.
  bool loads_signals() const { return with_signals || filter.reads_signals(); }
};

// A walk over interactions that sees every one stored before it began and not erased since. One thread at a time.
class Scan {
 public:
  Scan() = default;
  Scan(const Scan&) = delete;
  Scan& operator=(const Scan&) = delete;
  virtual ~Scan() = default;
  // False when there is no more, or max_bytes are used up.
  virtual Result<bool> next(Stored& out) = 0;
  // Where to go on after the last next(); empty when the walk is complete.
  virtual std::string cursor() const = 0;
  // Bytes of record JSON looked at so far.
  virtual uint64_t bytes_seen() const = 0;
};

// What is counted per project, platform and day, in the transaction that changes it.
struct Counters {
  int64_t interactions = 0;
  int64_t succeeded = 0;
  int64_t compressed = 0;    // interactions whose stored form is compressed
  int64_t raw_bytes = 0;     // JSON as it would lie in a text file
  int64_t stored_bytes = 0;  // what is kept of it on disk
  int64_t signals = 0;
  int64_t thumbs_up = 0;      // signals
  int64_t thumbs_down = 0;    // signals
  int64_t edits = 0;          // signals: edits and corrections
  int64_t with_feedback = 0;  // interactions
  int64_t positive = 0;       // interactions
  int64_t negative = 0;       // interactions
  int64_t quality = 0;        // interactions

  static constexpr size_t kCount = 13;
  int64_t& at(size_t index);
  Counters& operator+=(const Counters& other);
  // The difference that one interaction's change of verdict makes.
  static Counters change(const record::Verdict& before, const record::Verdict& after);
  friend bool operator==(const Counters&, const Counters&) = default;
};

// What lies in archived objects. Counters count it as well, but for stored_bytes and compressed.
struct Archived {
  int64_t records = 0;
  int64_t raw_bytes = 0;
  int64_t stored_bytes = 0;  // of the objects
  int64_t objects = 0;
};

struct Totals {
  std::map<std::string, Counters, std::less<>> by_platform;
  std::map<std::string, Archived, std::less<>> archived;  // by platform
  // How often each value of "kind", "language", "intent", "model", "relevance" and "tag" occurs. At most
  // kMaxFacetValues values are told apart per platform and day; the rest count as "(other)".
  std::map<std::string, std::map<std::string, int64_t>, std::less<>> facets;
  Counters all() const;
};

inline constexpr int64_t kMaxFacetValues = 200;

struct Reject {
  int64_t seq = 0;
  std::string project;
  Time at;
  std::string reason;
  std::string text;  // what was rejected, at most kMaxRejectBytes of it
};

// As an object: seq, at, reason, text.
void write_json(const Reject& reject, json::Writer& writer);

inline constexpr size_t kMaxRejectBytes = 16384;
inline constexpr int64_t kMaxRejects = 10'000;  // kept per project; the oldest go first

struct Erased {
  bool found = false;
  int64_t signals = 0;
};

class Store {
 public:
  Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  virtual ~Store() = default;

  // One outcome per write. When it fails, `writes` are as they were. Errors: kConflict (see Write::generation);
  // kUnavailable (disk full, database away): nothing was acknowledged, try again; kDataLoss.
  virtual Result<std::vector<Outcome>> append(std::vector<Write>&& writes) = 0;

  // Errors: kNotFound.
  virtual Result<Stored> find(std::string_view project, std::string_view id) = 0;
  virtual Result<std::unique_ptr<Scan>> scan(ScanOptions options) = 0;
  virtual Result<Totals> totals(std::string_view project) = 0;

  // Signals whose interaction has not come, in order of arrival, as they were written.
  virtual Result<std::vector<Write>> waiting(std::string_view project) = 0;

  virtual Result<Erased> erase(std::string_view project, std::string_view id) = 0;
  virtual Result<std::vector<Day>> days() = 0;
  virtual Status drop_day(Day day) = 0;

  virtual Status add_rejects(std::vector<Reject> rejects) = 0;
  // Oldest first, those with seq > after.
  virtual Result<std::vector<Reject>> rejects(std::string_view project, int64_t after, size_t limit) = 0;

  // Whether a write would go through now.
  virtual Status check_writable() = 0;
};

}  // namespace gleaner::store
