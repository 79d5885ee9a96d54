// What happens to a record on its way in, as a list of small steps. Each has the same signature and changes the record
// or refuses it; a step that refuses sends the record to the rejects, never to the store. To add one, write it and put
// it in the list in transform.cc, where the order is explained.
//
// Thread contract: steps are pure functions of their arguments, safe from any thread.
#pragma once

#include <span>
#include <string_view>

#include "base/error.h"
#include "base/time.h"
#include "base/uuid.h"
#include "intake/rules.h"
#include "record/interaction.h"
#include "record/signal.h"
#include "store/registry.h"

namespace gleaner::intake {

struct StepContext {
  const store::Project& project;
  const Rules& rules;
  Time now;
  IdSource& ids;
  privacy::KindCounts& redacted;  // what was taken out is added here
};

template <typename Record>
struct Step {
  std::string_view name;
  Status (*apply)(const StepContext& context, Record& record);
};

std::span<const Step<record::Interaction>> interaction_steps();
std::span<const Step<record::Signal>> signal_steps();

// Runs every step in order. Errors: kInvalidArgument, or kInternal from a step that could not do its work; the record
// must then not be stored.
Status apply_steps(const StepContext& context, record::Interaction& interaction);
Status apply_steps(const StepContext& context, record::Signal& signal);

}  // namespace gleaner::intake
