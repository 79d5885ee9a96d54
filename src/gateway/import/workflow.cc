// n8n workflows: a workflow as n8n exports it, or a row {"path","bytes","sha1","name","nodes","workflow":{...}} of a
// collection of them. The workflow is the artifact, and its name the request that a model would get.
#include "gateway/import/shapes.h"

namespace gleaner::gateway {
namespace {

using json::Value;

bool is_bare(const Value& element) {
  const Value* const nodes = element.find("nodes");
  const Value* const connections = element.find("connections");
  return nodes != nullptr && nodes->is_array() && connections != nullptr && connections->is_object();
}

Result<Records> convert_row(const Value& row, record::Decoder& decoder) {
  TRY_ASSIGN(Draft draft, Draft::of(row));
  draft.identify();
  TRY_ASSIGN(const Value* const workflow, draft.need({"workflow"}, Kind::kObject));
  const Value* const nodes = workflow->find("nodes");
  if (nodes == nullptr || !nodes->is_array()) return wrong("workflow.nodes", "an array", nodes ? *nodes : Value());
  TRY_ASSIGN(const Value* const own_name, draft.use({"name"}, Kind::kString));
  const auto name = own_name != nullptr ? own_name->text() : workflow->find_string("name");
  draft.set("platform", text_value("n8n"));
  draft.set("kind", text_value("workflow"));
  draft.set("artifact", *workflow);
  if (name && !name->empty()) {
    draft.set("messages",
              Value::array({message("system", "You are an expert n8n workflow generator."), message("user", *name)}));
  }
  return one(draft.interaction(decoder));
}

}  // namespace

bool is_workflow(const Value& element) {
  const Value* const inner = element.find("workflow");
  return is_bare(element) || (inner != nullptr && is_bare(*inner));
}

Result<Records> convert_workflow(const Value& element, record::Decoder& decoder) {
  if (!element.is_object() || element.find("workflow") != nullptr) return convert_row(element, decoder);
  return convert_row(Value::object({{"workflow", element}}), decoder);
}

}  // namespace gleaner::gateway
