#include "intake/transform.h"

#include <array>

#include <fmt/format.h>

#include "privacy/pseudonym.h"

namespace gleaner::intake {
namespace {

using record::Interaction;
using record::Signal;

// How far ahead of ours a client's clock may be.
constexpr auto kMaxClockAhead = std::chrono::hours(24);
constexpr size_t kMaxTags = 64;

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

template <typename Record>
Status pseudonymise(const StepContext& context, Record& record) {
  record.user_id = privacy::pseudonym(context.project.secret, record.user_id);
  return {};
}

Status name_author(const StepContext&, Signal& signal) {
  if (signal.author.empty()) signal.author = "human";
  return {};
}

// Stamping comes first: an id may depend on the time. Pseudonyms come before anything that looks at people.
constexpr std::array kInteractionSteps = {
    Step<Interaction>{"stamp", &stamp<Interaction>},    Step<Interaction>{"pseudonymise", &pseudonymise<Interaction>},
    Step<Interaction>{"name_platform", &name_platform}, Step<Interaction>{"name_kind", &name_kind},
    Step<Interaction>{"limit_tags", &limit_tags},
};

constexpr std::array kSignalSteps = {
    Step<Signal>{"stamp", &stamp<Signal>},
    Step<Signal>{"pseudonymise", &pseudonymise<Signal>},
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
