// Errors as values. A function that can fail returns Result<T>; the Error says what was wrong, where, and what would
// be right. Immutable after construction, safe to move between threads.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace gleaner {

enum class Code {
  kInvalidArgument,    // the caller's input is wrong; the same input will always fail
  kUnauthenticated,    // no valid credential
  kPermissionDenied,   // a valid credential, but not for this
  kNotFound,           //
  kConflict,           // the id is taken by other content
  kTooLarge,           // over a configured limit
  kResourceExhausted,  // a queue is full; retry later
  kUnavailable,        // the store or another server cannot answer now; retry later
  kDeadlineExceeded,   // took too long
  kDataLoss,           // stored bytes do not read back as written
  kInternal,           // a mistake of ours
};

// The stable lower-case name that stands in API answers, e.g. "invalid_argument".
std::string_view code_name(Code code);

// Whether the same request may succeed later without being changed.
bool is_retryable(Code code);

struct Error {
  Code code = Code::kInternal;
  std::string message;
};

template <typename T>
using Result = std::expected<T, Error>;

using Status = Result<void>;

inline std::unexpected<Error> fail(Code code, std::string message) {
  return std::unexpected(Error{code, std::move(message)});
}

// The same error, with where it happened put in front: "days/2026-11-21.db: disk full".
inline std::unexpected<Error> fail_in(std::string_view where, Error error) {
  error.message.insert(0, std::string(where) + ": ");
  return std::unexpected(std::move(error));
}

}  // namespace gleaner

#define GLEANER_CONCAT_INNER(a, b) a##b
#define GLEANER_CONCAT(a, b) GLEANER_CONCAT_INNER(a, b)

// TRY(expr): leaves the function with the error of a failed Result or Status.
#define TRY(...) GLEANER_TRY(GLEANER_CONCAT(try_status_, __COUNTER__), __VA_ARGS__)
#define GLEANER_TRY(status, ...)                         \
  do {                                                   \
    if (auto status = (__VA_ARGS__); !status) {          \
      return std::unexpected(std::move(status).error()); \
    }                                                    \
  } while (false)

// TRY_ASSIGN(auto x, expr): the value of a Result, or leaves the function with its error. Two statements: needs braces
// behind an if.
#define TRY_ASSIGN(declaration, ...) \
  GLEANER_TRY_ASSIGN(GLEANER_CONCAT(try_result_, __COUNTER__), declaration, __VA_ARGS__)
#define GLEANER_TRY_ASSIGN(result, declaration, ...)              \
  auto result = (__VA_ARGS__);                                    \
  if (!result) return std::unexpected(std::move(result).error()); \
  declaration = *std::move(result)
