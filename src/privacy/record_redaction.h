// Redaction of whole records: every string of every field, whatever it is nested in. Ids go through safe_id()
// (privacy/pseudonym.h), user ids are pseudonyms by then. What was found is counted in the record's `redactions`, which
// is the server's own: what a client put there is gone.
//
// What a record must hold to be read again stays: the number of a rating or score, and the limits of names.
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

// The steps that a project's records go through besides pseudonyms of users and redaction.
struct UnreadSteps {
  bool places = false;    // generalise_places()
  bool sessions = false;  // session_pseudonym()
};

// A text that could not be read as a record. JSON goes through the steps of a record, wherever a member stands in it.
// In anything else what stands behind a user's id (and a session's, where asked) is replaced by "[USER]" ("[SESSION]"),
// then it is redacted as plain text; places in it stay.
std::string redact_unread(const RedactionPolicy& policy, const Secret& secret, std::string_view text,
                          const UnreadSteps& steps = {});

// A message about a record, which may quote it but is none.
std::string redact_message(const RedactionPolicy& policy, const Secret& secret, std::string_view text);

}  // namespace gleaner::privacy
