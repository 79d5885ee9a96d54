// The first step of a dataset: walks the store once, makes examples of what the recipe selects, and notes of each what
// the later steps decide by. The examples go to a file, the notes stay in memory: about 80 bytes an example.
//
// Preference pairs from thumbs and experiments need all answers to a prompt: they are made when the walk is over.
//
// Thread contract: one thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dataset/example_file.h"
#include "dataset/recipe.h"
#include "store/store.h"

namespace gleaner::dataset {

// One example, by what it is chosen and grouped.
struct Candidate {
  ExampleFile::Place place;
  uint64_t session = 0;  // hashes; 0 for none
  uint64_t user = 0;
  uint64_t prompt = 0;
  uint64_t prefix = 0;   // of how its prompt begins, where the recipe asks
  float worth = 0;       // of duplicates the one that is worth most is kept
  uint32_t tokens = 0;   // estimated
  uint32_t balance = 0;  // the value of the balanced field, an index into Gathered::values
  uint32_t stratum = 0;  // the same of the field that splits are stratified by
  uint32_t cluster = 0;  // of near-duplicates; 0 for none
};

struct GatherReport {
  uint64_t interactions = 0;  // that the filter let through
  uint64_t bytes_read = 0;
  std::map<std::string, uint64_t> left_out;  // by reason
  std::map<std::string, uint64_t> by_rule;
  // What a last look for personal data and secrets found in examples that passed everything before it, by kind, and in
  // how many of them.
  std::map<std::string, uint64_t> personal_data;
  uint64_t with_personal_data = 0;
};

struct Gathered {
  std::unique_ptr<ExampleFile> file;
  std::vector<Candidate> candidates;  // in the order in which the records came
  std::vector<std::string> values;    // that Candidate::balance and stratum point to; the first is ""
  GatherReport report;
};

struct GatherOptions {
  std::string project;
  std::string scratch;  // an existing folder for the examples under way
  std::function<void(const GatherReport& report, size_t examples)> on_progress;
  std::function<bool()> stop;  // asked now and then; after true it ends with kUnavailable
  // Whether an example's text holds what must not be learned; empty if everything may.
  std::function<bool(std::string_view text)> held_out;
};

// Errors: those of the store; kUnavailable for a full disk.
Result<Gathered> gather(store::Store& store, const Recipe& recipe, const GatherOptions& options);

}  // namespace gleaner::dataset
