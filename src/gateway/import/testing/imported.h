// What the tests of the importer share: import an element, and look at the records it became.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/import/importer.h"

namespace gleaner::gateway {

using record::Interaction;
using record::Signal;
using testing::HasSubstr;
using testing::StartsWith;

// What an element became; the strings are the records encoded, in their order.
struct Imported {
  std::vector<Record> records;
  std::vector<std::string> texts;
  std::string error;

  const Interaction& interaction(size_t index = 0) const { return std::get<Interaction>(records.at(index)); }
  const Signal& signal(size_t index = 1) const { return std::get<Signal>(records.at(index)); }
};

inline json::Value parsed(std::string_view text) {
  auto value = json::parse(text);
  EXPECT_TRUE(value) << text << ": " << value.error().message;
  return value ? *std::move(value) : json::Value();
}

inline Imported import_as(std::string_view shape, std::string_view text) {
  record::Decoder decoder;
  Imported out;
  auto records = find_shape(shape)->convert(parsed(text), decoder);
  if (!records) {
    EXPECT_EQ(records.error().code, Code::kInvalidArgument);
    out.error = records.error().message;
    return out;
  }
  for (const Record& record : *records) {
    std::visit([&](const auto& one) { record::encode(one, out.texts.emplace_back()); }, record);
  }
  out.records = *std::move(records);
  return out;
}

// Imports an element that must be recognised as that shape, and twice give the same records with ids.
inline Imported import_auto(std::string_view shape, std::string_view text) {
  const Shape* const recognised = recognise(parsed(text));
  EXPECT_EQ(recognised == nullptr ? "nothing" : recognised->name, shape) << text;
  Imported imported = import_as(shape, text);
  EXPECT_EQ(imported.error, "") << text;
  EXPECT_EQ(import_as(shape, text).texts, imported.texts);
  for (const Record& record : imported.records) {
    EXPECT_FALSE(std::visit([](const auto& one) { return one.id; }, record).empty()) << text;
  }
  return imported;
}

}  // namespace gleaner::gateway
