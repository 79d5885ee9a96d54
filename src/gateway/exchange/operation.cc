#include <algorithm>
#include <array>

#include "base/text.h"
#include "gateway/exchange/recorder.h"

namespace gleaner::gateway::exchange {
namespace {

struct Ending {
  std::string_view path;
  Operation operation;
};
// The first that fits counts.
constexpr std::array kEndings = {
    Ending{"chat/completions", Operation::kChatCompletions},
    Ending{"completions", Operation::kCompletions},
    Ending{"responses", Operation::kResponses},
    Ending{"embeddings", Operation::kEmbeddings},
    Ending{"messages", Operation::kMessages},
};

bool ends_with(std::string_view path, std::string_view ending) {
  if (!path.ends_with(ending)) return false;
  return path.size() == ending.size() || path[path.size() - ending.size() - 1] == '/';
}

}  // namespace

Operation operation_of(Api api, std::string_view method, std::string_view path) {
  if (ascii_lower(method) != "post") return Operation::kNone;
  while (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  const auto found =
      std::ranges::find_if(kEndings, [path](const Ending& ending) { return ends_with(path, ending.path); });
  if (found == kEndings.end()) return Operation::kNone;
  // OpenAI has other messages: those of threads.
  const bool is_thread =
      found->operation == Operation::kMessages && api == Api::kOpenAi && path != "messages" && path != "v1/messages";
  return is_thread || path.find("threads/") != std::string_view::npos ? Operation::kNone : found->operation;
}

std::string_view name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::kRecorded:
      return "recorded";
    case Outcome::kNoOperation:
      return "no_operation";
    case Outcome::kNoStore:
      return "no_store";
    case Outcome::kEmbedding:
      return "embedding";
    case Outcome::kNothingSaid:
      return "nothing_said";
  }
  return "no_operation";
}

}  // namespace gleaner::gateway::exchange
