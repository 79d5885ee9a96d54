#include "gateway/exchange/session_stitcher.h"

#include <cstring>
#include <list>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/json.h"

namespace gleaner::gateway::exchange {
namespace {

using json::Value;

constexpr uint64_t kSeed = 0x73746974;

Hash128 hash_of(std::string_view text) {
  return keyed_hash128(kSeed, text);
}

Hash128 next(const Hash128& chain, const Hash128& turn) {
  const Hash128 both[] = {chain, turn};
  return hash_of({reinterpret_cast<const char*>(both), sizeof both});
}

struct HashOfHash {
  size_t operator()(const Hash128& hash) const { return hash.low; }
};

// The least recently used are forgotten first.
template <typename Entry>
class Recent {
 public:
  Entry* find(const Hash128& key) {
    const auto found = places_.find(key);
    if (found == places_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return &found->second->second;
  }
  void set(const Hash128& key, Entry entry) {
    if (Entry* const known = find(key); known != nullptr) {
      *known = std::move(entry);
      return;
    }
    entries_.emplace_front(key, std::move(entry));
    places_[key] = entries_.begin();
  }
  Entry take_oldest() {
    Entry oldest = std::move(entries_.back().second);
    places_.erase(entries_.back().first);
    entries_.pop_back();
    return oldest;
  }
  size_t size() const { return entries_.size(); }

 private:
  std::list<std::pair<Hash128, Entry>> entries_;
  std::unordered_map<Hash128, typename std::list<std::pair<Hash128, Entry>>::iterator, HashOfHash> places_;
};

// What a server of the responses API knows under an id.
struct Conversation {
  std::string session;
  std::vector<Turn> turns;
  std::string messages;  // JSON, without brackets; empty where it was too long
  bool whole = true;     // whether `messages` are all that was said

  size_t bytes() const { return sizeof(*this) + session.size() + messages.size() + turns.size() * sizeof(Turn); }
};

std::string joined(std::string_view first, std::string_view second) {
  std::string all(first);
  if (!first.empty() && !second.empty()) all += ',';
  return all += second;
}

std::string_view inside(std::string_view array) {
  return array.size() < 2 ? std::string_view() : array.substr(1, array.size() - 2);
}

// The first `count` messages, and the others; neither with brackets.
std::pair<std::string, std::string> split(const std::string& messages, size_t count) {
  if (count == 0) return {std::string(), std::string(inside(messages))};
  std::pair<std::string, std::string> parts;
  const auto array = json::parse(messages);
  if (!array) return parts;
  for (size_t i = 0; i < array->items().size(); ++i) {
    std::string& part = i < count ? parts.first : parts.second;
    part = joined(part, array->items()[i].dump());
  }
  return parts;
}

void mark_partial(record::RawJson& metadata) {
  auto object = json::parse(metadata.empty() ? "{}" : metadata.text);
  if (!object) return;
  object->set("partial", Value::boolean(true));
  metadata.text = object->dump();
}

}  // namespace

struct SessionStitcher::Memory {
  std::mutex mutex;
  Recent<std::string> ends;  // sessions by the hash of all that was said so far
  Recent<Conversation> conversations;
  size_t conversation_bytes = 0;

  // The session of the longest beginning of these turns that ends with an answer. `chain[i]` is the hash of the first
  // i turns.
  std::string session_of(const std::vector<Turn>& turns, const std::vector<Hash128>& chain) {
    for (size_t i = turns.size(); i > 0; --i) {
      if (!turns[i - 1].is_answer) continue;
      if (const std::string* const session = ends.find(chain[i]); session != nullptr) return *session;
    }
    return {};
  }

  void remember(const Hash128& key, Conversation conversation, const StitcherOptions& options) {
    if (const Conversation* const known = conversations.find(key); known != nullptr) {
      conversation_bytes -= known->bytes();
    }
    conversation_bytes += conversation.bytes();
    conversations.set(key, std::move(conversation));
    while (conversation_bytes > options.max_message_bytes && conversations.size() > 0) {
      conversation_bytes -= conversations.take_oldest().bytes();
    }
  }

  void remember(const Hash128& end, const std::string& session, const StitcherOptions& options) {
    ends.set(end, session);
    while (ends.size() > options.max_exchanges) ends.take_oldest();
  }
};

namespace {

// One exchange on its way through the stitcher.
class Stitch {
 public:
  Stitch(std::string_view project, Recorded& recorded)
      : recorded_(recorded), one_(recorded.interaction), project_(hash_of(project)) {
    base_ = next(project_, hash_of(one_.user_id));
  }

  // Ids are a server's own, whoever asks.
  Hash128 key(std::string_view kind, std::string_view id) const {
    return next(next(project_, hash_of(kind)), hash_of(id));
  }
  // What the server went on from; nothing if it went on from nothing.
  std::optional<Hash128> predecessor() const {
    if (!recorded_.previous_response_id.empty()) return key("response", recorded_.previous_response_id);
    if (!recorded_.conversation_id.empty()) return key("conversation", recorded_.conversation_id);
    return {};
  }

  // `before`: null if it is not known any more.
  void restore(const Conversation* before) {
    auto [instructions, own] = split(one_.messages.text, recorded_.instructions);
    said_ = std::move(own);
    if (before == nullptr) {
      // A conversation may just begin; a response has always had one before.
      whole_ = recorded_.previous_response_id.empty();
      if (!whole_) mark_partial(one_.metadata);
      return;
    }
    whole_ = before->whole;
    said_ = joined(before->messages, said_);
    recorded_.turns.insert(recorded_.turns.begin(), before->turns.begin(), before->turns.end());
    one_.messages.text = "[" + joined(instructions, said_) + "]";
    if (one_.session_id.empty()) one_.session_id = before->session;
    if (!whole_) mark_partial(one_.metadata);
  }

  void hash_turns() {
    chain_ = {base_};
    for (const Turn& turn : recorded_.turns) chain_.push_back(next(chain_.back(), turn.hash));
    end_ = recorded_.answer ? next(chain_.back(), *recorded_.answer) : chain_.back();
  }

  const std::vector<Hash128>& chain() const { return chain_; }
  const Hash128& end() const { return end_; }

  std::string new_session(const std::string& secret) const {
    // Those that go on from the same unknown response belong together.
    const auto before = predecessor();
    const Hash128 first = before && !whole_ ? *before : end_;
    char bytes[sizeof(Hash128)];
    std::memcpy(bytes, &first, sizeof first);
    return "s_" + to_hex(hmac_sha256(secret, {bytes, sizeof bytes})).substr(0, 32);
  }

  Conversation conversation(const StitcherOptions& options) const {
    Conversation now{one_.session_id, recorded_.turns, joined(said_, one_.output.text), whole_};
    if (recorded_.answer) now.turns.push_back({*recorded_.answer, true});
    if (now.messages.size() + now.turns.size() * sizeof(Turn) > options.max_conversation_bytes) {
      now.messages.clear();
      now.turns.clear();
      now.whole = false;
    }
    return now;
  }

 private:
  Recorded& recorded_;
  record::Interaction& one_;
  Hash128 project_;
  Hash128 base_;
  std::string said_;  // JSON of all messages but the instructions, without brackets
  bool whole_ = true;
  std::vector<Hash128> chain_;
  Hash128 end_;
};

// A server that does not keep a response cannot go on from it.
bool is_kept(const Recorded& recorded) {
  return recorded.operation == Operation::kResponses && recorded.answer && !recorded.response_id.empty() &&
         recorded.interaction.parameters.text.find(R"("store":false)") == std::string::npos;
}

}  // namespace

SessionStitcher::SessionStitcher(StitcherOptions options)
    : options_(std::move(options)), memory_(std::make_unique<Memory>()) {}
SessionStitcher::~SessionStitcher() = default;

void SessionStitcher::stitch(std::string_view project, Recorded& recorded) {
  if (recorded.outcome != Outcome::kRecorded) return;
  std::string& session = recorded.interaction.session_id;
  Stitch stitch(project, recorded);
  const auto predecessor = stitch.predecessor();
  std::optional<Conversation> before;
  if (predecessor) {
    const std::lock_guard lock(memory_->mutex);
    if (const Conversation* const known = memory_->conversations.find(*predecessor); known != nullptr) before = *known;
  }
  if (predecessor || is_kept(recorded)) stitch.restore(before ? &*before : nullptr);
  stitch.hash_turns();
  {
    const std::lock_guard lock(memory_->mutex);
    if (session.empty()) session = memory_->session_of(recorded.turns, stitch.chain());
  }
  if (session.empty()) session = stitch.new_session(options_.secret);
  const std::lock_guard lock(memory_->mutex);
  if (recorded.answer) memory_->remember(stitch.end(), session, options_);
  if (!is_kept(recorded)) return;
  Conversation now = stitch.conversation(options_);
  if (!recorded.conversation_id.empty()) {
    memory_->remember(stitch.key("conversation", recorded.conversation_id), now, options_);
  }
  memory_->remember(stitch.key("response", recorded.response_id), std::move(now), options_);
}

}  // namespace gleaner::gateway::exchange
