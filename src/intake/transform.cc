#include "intake/transform.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "base/json.h"
#include "base/text.h"
#include "enrich/language.h"
#include "enrich/profile.h"
#include "privacy/place.h"
#include "privacy/pseudonym.h"
#include "privacy/record_redaction.h"
#include "record/codec.h"
#include "record/texts.h"

namespace gleaner::intake {
namespace {

using record::Interaction;
using record::Signal;

// How far ahead of ours a client's clock may be.
constexpr auto kMaxClockAhead = std::chrono::hours(24);
constexpr size_t kMaxTags = 64;
constexpr size_t kMaxSourceCharacters = 8000;

// What people said is in their language; an answer may be a table or code.
void name_language(const record::Texts& texts, Interaction& interaction) {
  if (!interaction.language.empty()) return;
  enrich::Language language = enrich::detect_language(texts.said);
  if (language.code.empty()) language = enrich::detect_language(texts.response);
  // "ls -la" is in no language, whatever it resembles.
  constexpr double kDoubtful = 0.3;
  if (language.code.empty() || language.confidence < kDoubtful) return;
  interaction.language = language.code;
  interaction.language_confidence = std::round(language.confidence * 100) / 100;
}

// What the caller said comes first.
void assess(const enrich::Profile& profile, const record::Texts& texts, Interaction& interaction) {
  const enrich::Assessment found = profile.assess(texts.prompt, texts.response);
  if (interaction.tags.empty()) interaction.tags.assign(found.tags.begin(), found.tags.end());
  if (interaction.relevance.empty()) interaction.relevance = found.relevance;
  if (interaction.intent.empty()) interaction.intent = found.intent;
  if (!interaction.auto_score) interaction.auto_score = found.auto_score;
}

template <typename Record>
Status stamp(const StepContext& context, Record& record) {
  if (!record.created_at) record.created_at = context.now;
  if (*record.created_at > context.now + kMaxClockAhead) {
    return fail(Code::kInvalidArgument,
                fmt::format("created_at: {} is more than 24 hours ahead of this server's clock ({})",
                            format_time(*record.created_at), format_time(context.now)));
  }
  if (record.id.empty()) record.id = context.ids.mint(*record.created_at);
  return {};
}

Status name_platform(const StepContext&, Interaction& interaction) {
  if (interaction.platform.empty()) interaction.platform = "default";
  return {};
}

Status name_kind(const StepContext&, Interaction& interaction) {
  if (!interaction.kind.empty()) return {};
  if (!interaction.trajectory.empty()) {
    interaction.kind = "agent";
  } else {
    interaction.kind = interaction.messages.empty() ? "completion" : "chat";
  }
  return {};
}

Status limit_tags(const StepContext&, Interaction& interaction) {
  if (interaction.tags.size() <= kMaxTags) return {};
  return fail(Code::kInvalidArgument, fmt::format("tags: at most {}, got {}", kMaxTags, interaction.tags.size()));
}

Status pseudonymise_session(const StepContext& context, Interaction& interaction) {
  if (!context.rules.pseudonymise_sessions) return {};
  const Secret& secret = context.project.pseudonym_secret(*interaction.created_at);
  interaction.session_id = privacy::session_pseudonym(secret, interaction.session_id);
  return {};
}

// What the application says about its people; messages, artifacts and trajectories are what is talked about, and what a
// member named "user" holds there may be a turn of the conversation.
Status pseudonymise_inside(const Secret& secret, Interaction& interaction) {
  TRY(privacy::pseudonymise_members(secret, interaction.metadata.text));
  return privacy::pseudonymise_members(secret, interaction.parameters.text);
}
Status pseudonymise_inside(const Secret& secret, Signal& signal) {
  return privacy::pseudonymise_members(secret, signal.metadata.text);
}

template <typename Record>
Status pseudonymise(const StepContext& context, Record& record) {
  const Secret& secret = context.project.pseudonym_secret(*record.created_at);
  record.user_id = privacy::pseudonym(secret, record.user_id);
  return pseudonymise_inside(secret, record);
}

template <typename Record>
Status generalise_places(const StepContext& context, Record& record) {
  if (!context.rules.generalise_places || record.metadata.empty()) return {};
  TRY(privacy::generalise_places(record.metadata.text));
  return {};
}

// What redaction changed must still be what the codec lets through; a record that could not be read back is refused
// here rather than found broken later.
Status read_back(const Interaction& interaction) {
  thread_local record::Decoder decoder;
  std::string text;
  record::encode(interaction, text);
  TRY(decoder.interaction(text));
  return {};
}
Status read_back(const Signal& signal) {
  thread_local record::Decoder decoder;
  std::string text;
  record::encode(signal, text);
  TRY(decoder.signal(text));
  return {};
}

template <typename Record>
Status redact(const StepContext& context, Record& record) {
  TRY_ASSIGN(const privacy::KindCounts found, privacy::redact(context.rules.redaction, context.project.secret, record));
  for (size_t i = 0; i < found.size(); ++i) context.redacted[i] += found[i];
  return std::ranges::all_of(found, [](uint32_t count) { return count == 0; }) ? Status() : read_back(record);
}

// After redaction: what is cut off could be the half of something by which the other half is known.
Status cut_source(const StepContext&, Interaction& interaction) {
  std::string& text = interaction.source.text;
  if (text.size() <= kMaxSourceCharacters) return {};
  TRY_ASSIGN(json::Value source, json::parse(text));
  const auto content = source.find_string("content");
  if (!content || count_characters(*content) <= kMaxSourceCharacters) return {};
  source.set("content", json::Value::string(std::string(first_characters(*content, kMaxSourceCharacters))));
  text = source.dump();
  return {};
}

// Reads the texts as they are after redaction, so that nothing taken out leaves a trace in what is derived.
Status enrich_texts(const StepContext& context, Interaction& interaction) {
  thread_local record::TextReader reader;
  thread_local record::Texts texts;
  TRY(reader.read(interaction, texts));
  interaction.prompt_chars.reset();
  interaction.response_chars.reset();
  if (!interaction.messages.empty()) interaction.prompt_chars = static_cast<int64_t>(count_characters(texts.prompt));
  if (!interaction.output.empty()) interaction.response_chars = static_cast<int64_t>(count_characters(texts.response));
  name_language(texts, interaction);
  assess(*context.rules.profile, texts, interaction);
  return {};
}

Status name_author(const StepContext&, Signal& signal) {
  if (signal.author.empty()) signal.author = "human";
  return {};
}

// Stamping comes first: an id may depend on the time. Whatever names or shows people is replaced before anything else
// looks at the record.
constexpr std::array kInteractionSteps = {
    Step<Interaction>{"stamp", &stamp<Interaction>},
    Step<Interaction>{"pseudonymise", &pseudonymise<Interaction>},
    Step<Interaction>{"pseudonymise_session", &pseudonymise_session},
    Step<Interaction>{"generalise_places", &generalise_places<Interaction>},
    Step<Interaction>{"redact", &redact<Interaction>},
    Step<Interaction>{"cut_source", &cut_source},
    Step<Interaction>{"name_platform", &name_platform},
    Step<Interaction>{"name_kind", &name_kind},
    Step<Interaction>{"enrich", &enrich_texts},
    Step<Interaction>{"limit_tags", &limit_tags},
};

constexpr std::array kSignalSteps = {
    Step<Signal>{"stamp", &stamp<Signal>},
    Step<Signal>{"pseudonymise", &pseudonymise<Signal>},
    Step<Signal>{"generalise_places", &generalise_places<Signal>},
    Step<Signal>{"redact", &redact<Signal>},
    Step<Signal>{"name_author", &name_author},
};

template <typename Record>
Status apply(const StepContext& context, Record& record, std::span<const Step<Record>> steps) {
  for (const Step<Record>& step : steps) TRY(step.apply(context, record));
  return {};
}

}  // namespace

std::span<const Step<Interaction>> interaction_steps() {
  return kInteractionSteps;
}

std::span<const Step<Signal>> signal_steps() {
  return kSignalSteps;
}

Status apply_steps(const StepContext& context, Interaction& interaction) {
  return apply(context, interaction, interaction_steps());
}

Status apply_steps(const StepContext& context, Signal& signal) {
  return apply(context, signal, signal_steps());
}

}  // namespace gleaner::intake
