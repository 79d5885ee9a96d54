// The vocabulary of the generated conversations. Content words stand with the frequent ones first.
//
// Thread contract: constants, safe from any thread.
#pragma once

#include <span>
#include <string_view>

namespace gleaner::bench {

struct Language {
  std::string_view code;      // ISO 639-1
  std::string_view function;  // words between words: articles, prepositions ..., separated by spaces
  std::string_view content;   // nouns, verbs, adjectives, separated by spaces
  std::string_view endings;   // what content words take on, for a vocabulary of real size, separated by spaces
};

// English first; it is the language of most records.
std::span<const Language> languages();

// What applications put in front of every conversation; English, a few hundred bytes each.
std::span<const std::string_view> system_prompts();

// Names of people, products and services, separated by spaces.
std::string_view proper_names();

}  // namespace gleaner::bench
