// Finds what people prove themselves with: passwords, PINs, secrets and keys beside a word that says so
// (telling_word.h), and user names with passwords in URLs (RFC 3986, 3.2.1). Without its word a password is nothing but
// a string, so what stands there must also look like one (secret_value.h): "password: required", "token count: 1500",
// "password = get_password()", "${DB_PASSWORD}" survive. Safe from any thread.
#pragma once

#include <optional>

#include "privacy/detect/detector.h"

namespace gleaner::privacy {

// Anchor: ":". The finding is "user:password" of "scheme://user:password@host", or a long token in its place; scheme
// and host stay. "user:password" as documentation writes it survives.
std::optional<Finding> find_url_credentials(const Passage& passage, size_t at);

// Anchors: ":" and "=", and the first byte (0xEF) of the full-width colon of East Asian texts. An assignment beside a
// telling word ("password: ...", "API_KEY=...", "\"secret\": \"...\"", "Authorization: Basic ..."), a user and password
// for a command ("-u name:password"), an e-mail address joined with a password ("a@b.c:password"), a session's id in
// the header of a cookie.
std::optional<Finding> find_secret(const Passage& passage, size_t at);

// Anchor: the "w" of "ssw". A password in prose, a command or XML: "my password is ...", "Passwort lautet ...",
// "--password ...", "<password>...</password>", "| Password | ... |".
std::optional<Finding> find_spoken_password(const Passage& passage, size_t at);

// Anchor: "/" with a space on either side. "login: a@b.c / password", "login: bob / password".
std::optional<Finding> find_paired_password(const Passage& passage, size_t at);

// To be called once for a string whose member's name is not empty; a few nanoseconds for names such as "content". The
// whole value, when the name is a telling word: {"password": "..."}, {"apiKey": "..."}.
std::optional<Finding> find_keyed_secret(const Passage& passage);

}  // namespace gleaner::privacy
