// Redaction of whole records: every string of every field, whatever it is nested in. Ids go through safe_id()
// (privacy/pseudonym.h), user ids are pseudonyms by then. What was found is counted in the record's `redactions`.
//
// Thread contract: safe from any thread.
#pragma once

#include "base/error.h"
#include "base/secret.h"
#include "privacy/redactor.h"
#include "record/interaction.h"
#include "record/signal.h"

namespace gleaner::privacy {

// What was found. `secret` is the project's. Errors: kInternal; the record is then not fit to be stored.
Result<KindCounts> redact(const RedactionPolicy& policy, const Secret& secret, record::Interaction& interaction);
Result<KindCounts> redact(const RedactionPolicy& policy, const Secret& secret, record::Signal& signal);

// A text that could not be read as a record: as JSON if it is some, else as plain text, in which what stands behind
// "user_id" goes, too.
std::string redact_unread(const RedactionPolicy& policy, const Secret& secret, std::string_view text);

}  // namespace gleaner::privacy
