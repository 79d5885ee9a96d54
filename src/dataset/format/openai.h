// What OpenAI's formats share with those that took them over. Pure data and functions, safe from any thread.
#pragma once

#include "dataset/format/chat.h"
#include "dataset/format/check.h"

namespace gleaner::dataset::openai {

inline constexpr std::string_view kRoles[] = {"system", "developer", "user", "assistant", "tool", "function"};
inline constexpr std::string_view kMembers[] = {"role",   "content",       "name",       "refusal",
                                                "weight", "function_call", "tool_calls", "tool_call_id"};
inline constexpr std::string_view kAwaiting[] = {"user", "tool", "function"};
inline constexpr std::string_view kCandidateRoles[] = {"assistant", "tool"};

inline constexpr check::MessageRules kRules = {.roles = kRoles, .members = kMembers, .parts = true};

// The members of a preference line, in the words of the guide and of those who took it over, and in the older ones of
// the API's description.
inline constexpr std::string_view kPreferred[] = {"preferred_output", "preferred_completion"};
inline constexpr std::string_view kRejected[] = {"non_preferred_output", "non_preferred_completion"};

// {"input":{"messages":[...],"tools":[...]},"preferred_output":[...],"non_preferred_output":[...]}
void write_preference(const chat::Chat& chat, const chat::Style& style, std::string& out);

}  // namespace gleaner::dataset::openai
