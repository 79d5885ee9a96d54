// One AI call or agent turn: what went in, what came out, and how it went. Immutable once stored. docs/data-model.md
// describes every field; record/fields.h lists them once for everything that has to name them.
//
// A plain value: moved along the intake, never shared between threads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace gleaner::record {

// The version written into every record. Readers accept every version from 1 to this one, for ever.
inline constexpr int kSchemaVersion = 1;

// Checked JSON text without white space; empty when the field is absent.
struct RawJson {
  std::string text;
  bool empty() const { return text.empty(); }
  friend bool operator==(const RawJson&, const RawJson&) = default;
};

struct Interaction {
  std::string id;
  std::string platform;
  std::string kind;
  std::string session_id;
  std::string user_id;  // as the application knows it until the intake replaces it by its pseudonym
  std::optional<Time> created_at;
  RawJson messages;    // array of OpenAI chat messages: the input
  RawJson output;      // the assistant message that came back
  RawJson tools;       // array of OpenAI tool definitions
  RawJson artifact;    // any JSON the model made
  RawJson items;       // array of objects with an "id": addressable parts of the output
  RawJson trajectory;  // array of steps
  RawJson source;      // {"url", "content"}
  std::string model;
  std::string provider;
  RawJson parameters;
  std::optional<double> latency_ms;
  std::optional<double> ttft_ms;
  RawJson usage;
  std::optional<double> cost_usd;
  std::optional<bool> success;
  RawJson error;                              // a string or an object
  std::string language;                       // ISO 639-1
  std::optional<double> language_confidence;  // of the detector; absent when the caller said the language
  std::string intent;
  std::vector<std::string> tags;
  std::string relevance;
  std::optional<double> auto_score;
  std::optional<double> quality_score;
  std::string experiment;
  std::string variant;
  RawJson metadata;
  RawJson redactions;  // {"email": 2}: what the intake took out, by kind
  int64_t schema_version = kSchemaVersion;

  // Made by the intake: characters (Unicode code points) of the last user message, and of the output's text.
  std::optional<int64_t> prompt_chars;
  std::optional<int64_t> response_chars;

  // An interaction that does not say otherwise went well.
  bool succeeded() const { return success.value_or(true); }
};

}  // namespace gleaner::record
