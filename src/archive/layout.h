// Where archived objects lie: archives/{platform}/{yyyy}/{mm}/{yyyy-mm-dd}.jsonl.gz, and beside each one its manifest.
// The parts of a day that come later, and parts that are written anew, have their number in the name:
// {yyyy-mm-dd}.2.jsonl.gz. Projects other than "default" have projects/{project}/ in front.
//
// Parquet lies in Hive's partitions: archives/platform={platform}/year={yyyy}/month={m}/{yyyy-mm-dd}.parquet. A month
// has no zero in front, so that it is a number to every reader; manifests begin with an underscore, so that readers of
// the folder pass them over.
//
// Pure functions, safe from any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/time.h"

namespace gleaner::archive {

// Under which all objects of a project lie.
std::string project_prefix(std::string_view project);

// `format` is how the name ends: "jsonl.gz", "parquet". A name of a platform that could not be part of a key is
// percent-encoded.
std::string object_key(std::string_view project, std::string_view platform, Day day, int number,
                       std::string_view format);

std::string manifest_key(std::string_view object_key);
bool is_manifest_key(std::string_view key);
// The object's key, of its manifest's.
std::string object_of_manifest(std::string_view manifest_key);

}  // namespace gleaner::archive
