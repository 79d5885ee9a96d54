// Anything said about an interaction afterwards. Append-only. A plain value, never shared between threads.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "record/interaction.h"

namespace gleaner::record {

enum class SignalKind {
  kThumbsUp,
  kThumbsDown,
  kEdit,
  kReport,
  kRating,
  kComment,
  kLike,
  kDismiss,  // written "x"
  kBookmark,
  kShare,
  kView,
  kCorrection,
  kValidation,
  kReview,
  kScore,
};

inline constexpr size_t kSignalKindCount = 15;

std::string_view signal_kind_name(SignalKind kind);
// The kind of that name, or of a synonym the seeds use: positive, negative, dismiss, save.
std::optional<SignalKind> parse_signal_kind(std::string_view name);

struct Signal {
  std::string id;
  std::string interaction_id;  // empty until an item_id has been resolved
  std::string item_id;
  SignalKind kind = SignalKind::kComment;
  RawJson value;  // number, boolean, string, or (validation) an object
  std::string text;
  RawJson output;  // an assistant message: the corrected output
  std::string reason;
  std::string user_id;
  std::string author;  // human, model or code
  std::optional<Time> created_at;
  RawJson metadata;
  RawJson redactions;  // as an interaction's
  int64_t schema_version = kSchemaVersion;
};

// What stands in `value`, where it is a number or boolean.
std::optional<double> signal_number(const Signal& signal);
// approved or rejected, passed or failed: true, false, or nothing when the value says neither.
std::optional<bool> signal_passed(const Signal& signal);

}  // namespace gleaner::record
