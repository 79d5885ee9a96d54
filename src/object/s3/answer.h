// What S3's answers say, taken out of headers and XML. All of it comes from outside: what does not fit is an error.
//
// Pure functions, safe from any thread. Errors: kDataLoss.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "object/object_store.h"
#include "object/s3/transport.h"

namespace gleaner::object {

// Of the answer to HEAD or GET of `key`; the size is that of the whole object.
Result<ObjectInfo> info_of(std::string_view key, const HttpResponse& response);

// Without its quotes; empty if it is none that can be a condition.
std::string etag_of(std::string_view header);

// Whether an ETag can be expected to be the MD5 of the bytes: not where the server encrypts with a key of ours.
bool is_md5_etag(std::string_view etag, const HttpResponse& response);

// "Fri, 24 May 2013 00:00:00 GMT"
std::optional<Time> parse_http_date(std::string_view text);

struct S3Page {
  std::vector<ObjectInfo> objects;  // only those whose keys we could have given
  std::string last_key;             // of all
  bool more = false;
};
Result<S3Page> parse_page(std::string_view body);

// A version or delete marker, or an unfinished upload.
struct S3Trace {
  std::string key;
  std::string id;
};
Result<std::vector<S3Trace>> parse_versions(std::string_view body);
Result<std::vector<S3Trace>> parse_uploads(std::string_view body);

// The text of the root's child of that name; an error if it is empty.
Result<std::string> required_text(std::string_view body, std::string_view child);

}  // namespace gleaner::object
