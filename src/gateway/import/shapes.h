// The functions of each shape, for the table in importer.cc. Each file's head says what it reads.
#pragma once

#include "gateway/import/draft.h"

namespace gleaner::gateway {

bool is_agent(const json::Value& element);
Result<Records> convert_agent(const json::Value& element, record::Decoder& decoder);

bool is_alpaca(const json::Value& element);
Result<Records> convert_alpaca(const json::Value& element, record::Decoder& decoder);

bool is_chatlog(const json::Value& element);
Result<Records> convert_chatlog(const json::Value& element, record::Decoder& decoder);

bool is_collector(const json::Value& element);
Result<Records> convert_collector(const json::Value& element, record::Decoder& decoder);

bool is_extraction(const json::Value& element);
Result<Records> convert_extraction(const json::Value& element, record::Decoder& decoder);

bool is_gleaner(const json::Value& element);
Result<Records> convert_gleaner(const json::Value& element, record::Decoder& decoder);

bool is_langfuse(const json::Value& element);
Result<Records> convert_langfuse(const json::Value& element, record::Decoder& decoder);

bool is_openai(const json::Value& element);
Result<Records> convert_openai(const json::Value& element, record::Decoder& decoder);

bool is_sharegpt(const json::Value& element);
Result<Records> convert_sharegpt(const json::Value& element, record::Decoder& decoder);

bool is_tensorzero(const json::Value& element);
Result<Records> convert_tensorzero(const json::Value& element, record::Decoder& decoder);

bool is_trajectory(const json::Value& element);
Result<Records> convert_trajectory(const json::Value& element, record::Decoder& decoder);

bool is_tree(const json::Value& element);
Result<Records> convert_tree(const json::Value& element, record::Decoder& decoder);

bool is_workflow(const json::Value& element);
Result<Records> convert_workflow(const json::Value& element, record::Decoder& decoder);

}  // namespace gleaner::gateway
