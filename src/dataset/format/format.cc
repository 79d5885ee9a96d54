#include "dataset/format/format.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace gleaner::dataset {
namespace {

constexpr std::array kFormats = {
    Format{"openai", "OpenAI chat fine-tuning: {\"messages\":[...],\"tools\":[...]}", "application/jsonl", ".jsonl",
           &append_openai_chat},
};

}  // namespace

std::span<const Format> formats() {
  return kFormats;
}

Result<const Format*> find_format(std::string_view name) {
  const auto* const found = std::ranges::find(kFormats, name, &Format::name);
  if (found != kFormats.end()) return found;
  std::string names;
  for (const Format& format : kFormats)
    names += names.empty() ? std::string(format.name) : ", " + std::string(format.name);
  return fail(Code::kInvalidArgument, fmt::format("output_format: expected one of {}; got \"{}\"", names, name));
}

}  // namespace gleaner::dataset
