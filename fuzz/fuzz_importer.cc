// The importers: any JSON, tried as every shape, gives records that can be stored, the same ones every time, or an
// error that says why.
#include <algorithm>

#include "gateway/import/importer.h"
#include "target.h"

using gleaner::fuzz::require;
namespace gateway = gleaner::gateway;
namespace json = gleaner::json;
namespace record = gleaner::record;

namespace {

bool reads_back(const std::string& text, const record::Interaction&, record::Decoder& decoder) {
  return decoder.interaction(text).has_value();
}

bool reads_back(const std::string& text, const record::Signal&, record::Decoder& decoder) {
  return decoder.signal(text).has_value();
}

// The record as it would be stored.
std::string stored(const gateway::Record& either, record::Decoder& decoder) {
  std::string text;
  std::visit(
      [&](const auto& one) {
        require(!one.id.empty(), "an imported record has an id, so that importing again finds it");
        record::encode(one, text);
        require(reads_back(text, one, decoder), "an imported record can be read again");
      },
      either);
  return text;
}

std::string convert(const gateway::Shape& shape, const json::Value& element) {
  record::Decoder decoder;
  const auto records = shape.convert(element, decoder);
  if (!records) {
    require(records.error().code == gleaner::Code::kInvalidArgument, "a bad element is the file's mistake");
    require(!records.error().message.empty(), "the error says why");
    return records.error().message;
  }
  std::string all;
  for (const gateway::Record& one : *records) all += stored(one, decoder) + '\n';
  return all;
}

void check_element(const json::Value& element) {
  const gateway::Shape* const recognised = gateway::recognise(element);
  for (const gateway::Shape& shape : gateway::shapes()) {
    const std::string records = convert(shape, element);
    if (&shape == recognised) require(convert(shape, element) == records, "importing again makes the same records");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto value = json::parse(gleaner::fuzz::text_of(data, size));
  if (!value) return 0;
  check_element(*value);
  for (const json::Value& item : value->items()) check_element(item);
  for (const json::Value& joined : gateway::join_agent_sessions(value->items())) check_element(joined);
  return 0;
}
