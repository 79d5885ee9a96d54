// The walk up the tree decides. The topmost agent above a span is its run; where there is no agent, the topmost
// workflow or wrapper is, if a tool ran inside it: without tools it is only a function around model calls. Of model
// calls inside each other (a framework's span around a client's around a transport's) the innermost that has content
// tells what was said; the outer ones say the same.
#include "gateway/otlp/held_trace.h"

#include <algorithm>
#include <utility>

#include "gateway/otlp/interaction.h"
#include "gateway/otlp/values.h"
#include "gateway/otlp/version.h"
#include "record/session_item.h"

namespace gleaner::gateway::otlp {
namespace {

constexpr size_t kMaxAncestors = 200;
// Of the spans around one, those that it is an item of.
constexpr size_t kMaxNamed = 32;

bool is_model(Role role) {
  return role == Role::kModel || role == Role::kWrapper;
}

bool is_around(Role role) {
  return role == Role::kAgent || role == Role::kChain || role == Role::kWrapper;
}

// Of one whose facts have come out.
constexpr size_t kNodeBytes = 256;

void add_items(record::Interaction& interaction, const std::vector<std::string>& ids) {
  if (ids.empty()) return;
  auto items = json::parse(interaction.items.empty() ? "[]" : interaction.items.text);
  if (!items) return;
  for (const std::string& id : ids) items->push(json::Value::object({{"id", json::Value::string(id)}}));
  interaction.items.text = items->dump();
}

void mark_late(SpanFacts& facts, bool late, Outcome& out) {
  if (!late) return;
  ++out.counts.late;
  facts.metadata.set("late", json::Value::boolean(true));
}

}  // namespace

bool HeldTrace::add_span(SpanFacts&& facts) {
  const auto [entry, is_new] = spans_.try_emplace(facts.span_id);
  if (!is_new) return false;
  entry->second.order = next_order_++;
  bytes_ += kNodeBytes;
  set_facts(entry->second, std::move(facts));
  return true;
}

void HeldTrace::set_facts(Node& node, SpanFacts&& facts) {
  node.parent_span_id = facts.parent_span_id;
  node.role = facts.role;
  node.session_id = facts.session_id;
  node.user_id = facts.user_id;
  node.tags = facts.tags;
  node.judged_around = facts.judged_around;
  has_root_ = has_root_ || facts.parent_span_id.empty();
  if (facts.role == Role::kNone) return;
  ++waiting_;
  had_calls_ = true;
  bytes_ += facts.bytes;
  node.facts = std::make_unique<SpanFacts>(std::move(facts));
}

HeldTrace::Version HeldTrace::add_version(const Resource& resource, const Scope& scope, const Span& span) {
  const auto [entry, is_new] = spans_.try_emplace(span.span_id);
  Node& node = entry->second;
  if (!is_new && node.versions == nullptr) return Version::kLate;
  if (is_new) {
    node.order = next_order_++;
    bytes_ += kNodeBytes;
    has_versions_ = true;
    node.versions = std::make_unique<Versions>(Versions{origin_of(resource, scope), span});
    unread_.push_back(&node);
  } else {
    bytes_ -= std::min(bytes_, node.versions->bytes());
    merge_version(node.versions->span, span);
    if (std::exchange(node.versions->is_read, false)) unread_.push_back(&node);
  }
  bytes_ += node.versions->bytes();
  return is_new ? Version::kFirst : Version::kMerged;
}

void HeldTrace::read_versions() {
  for (Node* const node : std::exchange(unread_, {})) {
    forget_facts(*node);
    node->versions->is_read = true;
    set_facts(*node, read_span(node->versions->origin.resource, node->versions->origin.scope, node->versions->span));
  }
}

bool HeldTrace::says(const Node& node) {
  if (node.told) return true;
  const bool is_call = is_model(node.role) || node.role == Role::kTool || node.role == Role::kAgent;
  if (!node.waits() || !is_call || node.facts->is_trace) return false;
  return node.facts->has_content() || !node.facts->tool_arguments.is_null() || !node.facts->tool_result.is_null();
}

// A trace that was asked something and has not answered waits for a call that does.
bool HeldTrace::waits_for_more(const Node& node, bool says_inside) {
  if (node.versions == nullptr) return false;
  if (node.waits() && node.facts->is_trace) {
    return !node.facts->messages.empty() && node.facts->output.empty() && !says_inside;
  }
  return (node.waits() || node.versions->span.start_ns > 0) && is_unfinished(node.versions->span);
}

bool HeldTrace::has_unfinished() const {
  if (!has_versions_) return false;
  const bool says_inside = std::ranges::any_of(spans_, [](const auto& entry) { return says(entry.second); });
  return std::ranges::any_of(spans_,
                             [says_inside](const auto& entry) { return waits_for_more(entry.second, says_inside); });
}

Around HeldTrace::around() const {
  for (const auto& [id, node] : spans_) {
    if (node.parent_span_id.empty()) return {node.session_id, node.user_id, node.tags};
  }
  return {};
}

bool HeldTrace::add_event(const std::string& span_id, const Resource& resource, const Scope& scope, Event event,
                          size_t bytes) {
  const auto span = spans_.find(span_id);
  if (span != spans_.end() && span->second.told) return false;
  had_calls_ = true;
  const auto [entry, is_new] = events_.try_emplace(span_id);
  if (is_new) {
    entry->second.origin = origin_of(resource, scope);
    bytes_ += entry->second.origin.bytes;
  }
  entry->second.events.push_back(std::move(event));
  ++event_count_;
  bytes_ += bytes;
  return true;
}

std::vector<std::string> HeldTrace::span_ids() const {
  std::vector<std::string> ids;
  ids.reserve(spans_.size());
  for (const auto& [id, node] : spans_) ids.push_back(id);
  return ids;
}

HeldTrace::Node* HeldTrace::parent_of(const Node& node) {
  if (node.parent_span_id.empty()) return nullptr;
  const auto parent = spans_.find(node.parent_span_id);
  return parent == spans_.end() ? nullptr : &parent->second;
}

HeldTrace::Node* HeldTrace::run_of(Node& node, bool& complete) {
  Node* agent = nullptr;
  Node* around = nullptr;
  Node* top = &node;
  size_t steps = 0;
  for (Node* at = &node; at != nullptr && steps < kMaxAncestors; at = parent_of(*at), ++steps) {
    if (at->role == Role::kAgent) agent = at;
    if (is_around(at->role)) around = at;
    top = at;
  }
  complete = top->parent_span_id.empty() || steps == kMaxAncestors;
  return agent != nullptr ? agent : around;
}

std::vector<HeldTrace::Node*> HeldTrace::waiting() {
  std::vector<Node*> nodes;
  nodes.reserve(waiting_);
  for (auto& [id, node] : spans_) {
    if (node.waits()) nodes.push_back(&node);
  }
  std::ranges::sort(nodes, {}, &Node::order);
  return nodes;
}

void HeldTrace::forget_facts(Node& node) {
  if (!node.waits()) return;
  bytes_ -= std::min(bytes_, node.facts->bytes);
  node.facts.reset();
  --waiting_;
}

void HeldTrace::done(Node& node) {
  if (!node.waits()) return;
  forget_facts(node);
  node.told = true;
  if (node.versions == nullptr) return;
  bytes_ -= std::min(bytes_, node.versions->bytes());
  node.versions.reset();
}

void HeldTrace::told(Node& node, uint64_t start_ns, record::Interaction interaction, Outcome& out) {
  out.add(std::move(interaction), node.from_logs);
  node.is_named = true;
  if (node.judged_around) told_.push_back({&node, out.records.interactions.size() - 1, start_ns});
}

void HeldTrace::name_around(Outcome& out) {
  std::ranges::stable_sort(told_, [](const Told& a, const Told& b) {
    return std::pair(a.start_ns, a.node->order) > std::pair(b.start_ns, b.node->order);
  });
  for (const Told& one : told_) {
    record::Interaction& interaction = out.records.interactions[one.place];
    std::vector<std::string> names;
    size_t steps = 0;
    for (Node* at = one.node; at != nullptr && steps < kMaxNamed; at = parent_of(*at), ++steps) {
      Node* const parent = parent_of(*at);
      if (parent != nullptr && !std::exchange(parent->is_named, true)) {
        names.push_back(span_record_id(id_, at->parent_span_id));
      }
    }
    if (!id_.empty() && !std::exchange(is_named_, true)) {
      names.push_back(trace_record_id(id_));
      if (!interaction.session_id.empty()) names.push_back(record::session_item(interaction.session_id));
    }
    add_items(interaction, names);
  }
  told_.clear();
}

void HeldTrace::inherit(Node& node) {
  SpanFacts& facts = *node.facts;
  size_t steps = 0;
  for (Node* at = parent_of(node); at != nullptr && steps < kMaxAncestors; at = parent_of(*at), ++steps) {
    if (facts.session_id.empty()) facts.session_id = at->session_id;
    if (facts.user_id.empty()) facts.user_id = at->user_id;
    if (facts.tags.empty()) facts.tags = at->tags;
  }
  if (earlier_ == nullptr) return;
  if (facts.session_id.empty()) facts.session_id = earlier_->session_id;
  if (facts.user_id.empty()) facts.user_id = earlier_->user_id;
  if (facts.tags.empty()) facts.tags = earlier_->tags;
}

void HeldTrace::mark_repeated() {
  for (auto& [id, node] : spans_) {
    const bool tells = node.waits() && is_model(node.role) && node.facts->has_content();
    if (!tells) continue;
    size_t steps = 0;
    for (Node* at = parent_of(node); at != nullptr && steps < kMaxAncestors; at = parent_of(*at), ++steps) {
      if (at == &node || (is_model(at->role) && at->is_repeated)) break;
      if (is_model(at->role)) at->is_repeated = true;
    }
  }
}

void HeldTrace::merge_events() {
  for (auto& [span_id, held] : events_) {
    std::ranges::stable_sort(held.events, {}, &Event::time_ns);
    Span said;
    said.trace_id = id_;
    said.span_id = span_id;
    if (!held.events.empty()) said.start_ns = held.events.front().time_ns;
    said.events = std::move(held.events);
    SpanFacts facts = read_span(held.origin.resource, held.origin.scope, said);
    Node& node = spans_[span_id];
    if (node.waits()) {
      add_missing(*node.facts, std::move(facts));
      continue;
    }
    facts.role = node.role = Role::kModel;
    facts.parent_span_id = node.parent_span_id;
    node.facts = std::make_unique<SpanFacts>(std::move(facts));
    node.from_logs = true;
    node.order = next_order_++;
    ++waiting_;
  }
  events_.clear();
  event_count_ = 0;
}

void HeldTrace::tell_lone_calls(Outcome& out) {
  if (waiting_ == 0) return;
  std::vector<Node*> lone;
  for (Node* const node : waiting()) {
    bool complete = false;
    const bool in_run = run_of(*node, complete) != nullptr;
    // What has no content yet may get it from log records.
    const bool tells = node->role == Role::kModel && node->facts->has_content();
    if (complete && !in_run && tells && !events_.contains(node->facts->span_id)) lone.push_back(node);
  }
  if (lone.empty()) return;
  mark_repeated();
  for (Node* const node : lone) tell_call(*node, false, out);
  name_around(out);
}

void HeldTrace::tell_call(Node& node, bool late, Outcome& out) {
  inherit(node);
  SpanFacts& facts = *node.facts;
  const auto ignore = [&](Ignored reason) {
    if (!node.from_logs) out.ignore(reason);
  };
  switch (node.role) {
    case Role::kModel:
    case Role::kWrapper:
      if (node.is_repeated) {
        ignore(Ignored::kRepeatsCalls);
      } else if (!facts.has_content() || (facts.is_trace && facts.output.empty())) {
        ignore(Ignored::kNoContent);
      } else {
        mark_late(facts, late, out);
        const uint64_t start_ns = facts.start_ns;
        told(node, start_ns, model_interaction(std::move(facts)), out);
      }
      break;
    case Role::kTool:
      if (facts.tool_arguments.is_null() && facts.tool_result.is_null()) {
        ignore(Ignored::kNoContent);
      } else {
        tell_run(node, {&node}, late, out);
      }
      break;
    case Role::kAgent:
      tell_run(node, {}, late, out);
      break;
    case Role::kRetriever:
      ignore(Ignored::kRetrieval);
      break;
    case Role::kEmbedding:
      ignore(Ignored::kEmbedding);
      break;
    case Role::kEvaluator:
      ignore(Ignored::kEvaluator);
      break;
    default:
      ignore(Ignored::kRepeatsCalls);
  }
  done(node);
}

bool HeldTrace::is_call(const Node& node) {
  const Role role = node.role;
  return role == Role::kTool || role == Role::kRetriever || (is_model(role) && !node.is_repeated);
}

// The run is its own step where it is a tool that nothing is around.
void HeldTrace::tell_run(Node& run, const std::vector<Node*>& members, bool late, Outcome& out) {
  inherit(run);
  const bool is_tool = run.role == Role::kTool;
  std::vector<SpanFacts> calls;
  calls.reserve(members.size());
  for (Node* const member : members) {
    if (member == &run) {
      if (is_tool) calls.push_back(*member->facts);
    } else if (is_call(*member)) {
      calls.push_back(std::move(*member->facts));
      if (!member->from_logs) ++out.counts.steps;
    } else if (!member->from_logs) {
      const Role role = member->role;
      out.ignore(role == Role::kEmbedding   ? Ignored::kEmbedding
                 : role == Role::kEvaluator ? Ignored::kEvaluator
                                            : Ignored::kRepeatsCalls);
    }
  }
  SpanFacts facts = std::move(*run.facts);
  if (is_tool) {
    // The step says it.
    facts.model.clear();
    facts.provider.clear();
    std::erase_if(facts.metadata.members(), [](const json::Value::Member& member) { return member.first != "otel"; });
  }
  if (late) facts.metadata.set("late", json::Value::boolean(true));
  const uint64_t start_ns = facts.start_ns;
  if (auto interaction = agent_interaction(std::move(facts), std::move(calls))) {
    if (late) ++out.counts.late;
    told(run, start_ns, *std::move(interaction), out);
  } else {
    out.ignore(Ignored::kNoContent);
  }
  for (Node* const member : members) done(*member);
  done(run);
}

void HeldTrace::tell_group(Node& run, const std::vector<Node*>& members, bool late, Outcome& out) {
  const bool has_tool = std::ranges::any_of(members, [](const Node* member) { return member->role == Role::kTool; });
  if (run.waits() && (run.role == Role::kAgent || has_tool)) {
    tell_run(run, members, late, out);
    return;
  }
  for (Node* const member : members) tell_call(*member, late, out);
}

// Spans that no version has made one of ours. Others are counted when they come.
void HeldTrace::ignore_others(Outcome& out) {
  for (const auto& [id, node] : spans_) {
    if (node.versions != nullptr && !node.waits()) out.ignore(Ignored::kNotGenAi);
  }
}

void HeldTrace::settle(const Around* earlier, Outcome& out) {
  earlier_ = earlier;
  const bool late = earlier != nullptr;
  read_versions();
  ignore_others(out);
  merge_events();
  if (waiting_ == 0) return;
  mark_repeated();
  // In the order in which the first span of each came.
  std::vector<std::pair<Node*, std::vector<Node*>>> groups;
  std::unordered_map<Node*, size_t> places;
  for (Node* const node : waiting()) {
    bool complete = false;
    Node* const run = run_of(*node, complete);
    if (run == nullptr) {
      tell_call(*node, late, out);
      continue;
    }
    const auto [place, is_new] = places.try_emplace(run, groups.size());
    if (is_new) groups.push_back({run, {}});
    groups[place->second].second.push_back(node);
  }
  for (auto& [run, members] : groups) tell_group(*run, members, late, out);
  name_around(out);
}

}  // namespace gleaner::gateway::otlp
