// One trace while it is held, and what becomes of it when it is settled. For assembler.cc.
//
// Thread contract: as its TraceAssembler.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "gateway/otlp/assembler.h"
#include "gateway/otlp/span_facts.h"

namespace gleaner::gateway::otlp {

// Where the records of a trace go, and its spans are counted.
struct Outcome {
  Assembled records;
  AssemblerCounts counts;
  void ignore(Ignored reason, uint64_t count = 1) { counts.ignored[static_cast<size_t>(reason)] += count; }
  void add(record::Interaction interaction, bool of_logs = false) {
    ++(of_logs ? counts.interactions_of_logs : counts.interactions);
    records.interactions.push_back(std::move(interaction));
  }
};

// What the root of a trace says of all in it.
struct Around {
  std::string session_id;
  std::string user_id;
  std::vector<std::string> tags;
  bool empty() const { return session_id.empty() && user_id.empty() && tags.empty(); }
};

class HeldTrace {
 public:
  explicit HeldTrace(std::string id) : id_(std::move(id)) {}

  // False if a span of that id is here.
  bool add_span(SpanFacts&& facts);
  // What became of one version of a span (version.h).
  enum class Version {
    kFirst,   // its span is new
    kMerged,  // it adds to what is here
    kLate,    // its span came out, or came whole
  };
  Version add_version(const Resource& resource, const Scope& scope, const Span& span);
  // Reads the spans that versions were added to since the last time. Once for each batch, before anything else that
  // follows: to read a span takes time in proportion to all that is known of it.
  void read_versions();
  // A log record of a span of this trace, as an event of it. False if that span came out with its content.
  bool add_event(const std::string& span_id, const Resource& resource, const Scope& scope, Event event, size_t bytes);

  // Brings out the model calls that are known to be outside of any run.
  void tell_lone_calls(Outcome& out);
  // Brings out everything. `earlier`: not null if the trace was settled before.
  void settle(const Around* earlier, Outcome& out);
  Around around() const;

  const std::string& id() const { return id_; }
  bool has_root() const { return has_root_; }
  // Whether anything ever was to come out.
  bool had_calls() const { return had_calls_; }
  // Whether there is anything to come out.
  bool has_calls() const { return waiting_ > 0 || !events_.empty(); }
  // Whether something in it waits for its end or its answer.
  bool has_unfinished() const;
  size_t span_count() const { return spans_.size() + event_count_; }
  size_t bytes() const { return bytes_; }
  // The ids of all spans that were here.
  std::vector<std::string> span_ids() const;

  Time last_arrival;
  uint64_t first_batch = 0;  // that something which is held came with; 0 if there is none
  uint64_t last_batch = 0;   // that a span came with

 private:
  // A span as its versions so far have told it.
  struct Versions {
    Origin origin;
    Span span;
    bool is_read = false;
    size_t bytes() const { return sizeof(Versions) + origin.bytes + span.name.size() + span.bytes; }
  };
  struct Node {
    // Where it is in the tree, and what counts for the spans inside it.
    std::string parent_span_id;
    Role role = Role::kNone;
    std::string session_id;
    std::string user_id;
    std::vector<std::string> tags;

    std::unique_ptr<SpanFacts> facts;  // what is still to come out
    std::unique_ptr<Versions> versions;
    bool told = false;         // it has come out
    bool from_logs = false;    // what it says is from log records; the span never came, or says nothing
    bool is_repeated = false;  // by a model call inside it
    bool judged_around = false;
    bool is_named = false;  // it is an interaction, or an item of one
    int order = 0;

    bool waits() const { return facts != nullptr; }
  };
  struct Events {
    Origin origin;
    std::vector<Event> events;
  };

  // An interaction that has come out, until its items name what is around it.
  struct Told {
    Node* node;
    size_t place;  // among the records
    uint64_t start_ns;
  };

  void set_facts(Node& node, SpanFacts&& facts);
  void forget_facts(Node& node);
  Node* parent_of(const Node& node);
  // The run that a span is in, itself included; null if there is none. `complete`: all of its ancestors are here.
  Node* run_of(Node& node, bool& complete);
  // Session, user and tags of the spans around, where a span has none.
  void inherit(Node& node);
  void mark_repeated();
  void merge_events();
  std::vector<Node*> waiting();
  void tell_call(Node& node, bool late, Outcome& out);
  void tell_run(Node& run, const std::vector<Node*>& members, bool late, Outcome& out);
  static bool is_call(const Node& node);
  // Whether it is a call that has content, or had some when it came out.
  static bool says(const Node& node);
  static bool waits_for_more(const Node& node, bool says_inside);
  void tell_group(Node& run, const std::vector<Node*>& members, bool late, Outcome& out);
  void done(Node& node);
  void ignore_others(Outcome& out);
  void told(Node& node, uint64_t start_ns, record::Interaction interaction, Outcome& out);
  // Judgements of a trace, of its session and of spans that are nothing by themselves go to an interaction inside: the
  // last that began, which gave the answer.
  void name_around(Outcome& out);

  std::string id_;
  std::unordered_map<std::string, Node> spans_;
  std::map<std::string, Events> events_;  // by span
  size_t event_count_ = 0;
  size_t waiting_ = 0;
  size_t bytes_ = 0;
  bool has_root_ = false;
  bool has_versions_ = false;
  std::vector<Node*> unread_;
  bool had_calls_ = false;
  int next_order_ = 0;
  std::vector<Told> told_;
  bool is_named_ = false;            // the trace is an item of an interaction
  const Around* earlier_ = nullptr;  // during settle()
};

}  // namespace gleaner::gateway::otlp
