#include "enrich/profile.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "enrich/profiles.h"

namespace gleaner::cli {
namespace {

using enrich::Explanation;
using enrich::Profile;

struct CheckOptions {
  std::string file;
  std::optional<std::string> prompt;
  std::optional<std::string> response;
};

std::string joined(const std::vector<std::string_view>& texts) {
  return fmt::format("{}", fmt::join(texts, ", "));
}

std::string or_dash(std::string_view text) {
  return text.empty() ? "-" : std::string(text);
}

// ---------------------------------------------------------------------------------------------------------- list

int list(const Context& context) {
  const enrich::Profiles profiles(context.config.profile_dir);
  const std::vector<enrich::ProfileSummary> all = profiles.list();
  if (context.json) {
    std::string out;
    json::Writer w(out);
    w.begin_array();
    for (const enrich::ProfileSummary& profile : all) {
      w.begin_object().field("name", profile.name).field("description", profile.description);
      w.field("origin", profile.origin).field("tags", profile.tags).field("keywords", profile.keywords);
      w.field("intents", profile.intents).field("patterns", profile.patterns).key("error");
      profile.error.empty() ? w.null() : w.string(profile.error);
      w.end_object();
    }
    w.end_array();
    fmt::print("{}\n", out);
    return kDone;
  }
  Table table;
  table.column("name");
  for (const char* const title : {"tags", "keywords", "intents", "patterns"}) table.column(title, Table::Align::kRight);
  for (const char* const title : {"from", "description"}) table.column(title);
  for (const enrich::ProfileSummary& profile : all) {
    table.row({profile.name, fmt::format("{}", profile.tags), fmt::format("{}", profile.keywords),
               fmt::format("{}", profile.intents), fmt::format("{}", profile.patterns), profile.origin,
               profile.description});
  }
  table.print();
  for (const enrich::ProfileSummary& profile : all) {
    if (!profile.error.empty()) fmt::print(stderr, "gleaner: {}\n", profile.error);
  }
  return kDone;
}

// --------------------------------------------------------------------------------------------------------- check

Result<std::shared_ptr<const Profile>> load(const Context& context, const std::string& file) {
  std::error_code failed;
  if (std::filesystem::is_regular_file(file, failed)) {
    if (std::filesystem::file_size(file, failed) > enrich::kMaxProfileBytes)
      return fail(Code::kTooLarge, fmt::format("{}: too large for a profile", file));
    std::ifstream in(file, std::ios::binary);
    if (!in) return fail(Code::kNotFound, fmt::format("{}: cannot be read", file));
    TRY_ASSIGN(Profile profile, Profile::parse(std::string(std::istreambuf_iterator<char>(in), {}), file));
    return std::make_shared<const Profile>(std::move(profile));
  }
  const enrich::Profiles profiles(context.config.profile_dir);
  auto found = profiles.find(file);
  if (found == nullptr) {
    return fail(Code::kNotFound, fmt::format("{}: there is no such file and no profile of that name; `gleaner profile "
                                             "list` shows what there is",
                                             file));
  }
  return found;
}

void write_strings(json::Writer& w, std::string_view key, const std::vector<std::string_view>& texts) {
  w.key(key).begin_array();
  for (const std::string_view text : texts) w.string(text);
  w.end_array();
}

void write_hits(json::Writer& w, std::string_view key, const std::vector<Explanation::Hit>& hits) {
  w.key(key).begin_array();
  for (const Explanation::Hit& hit : hits) {
    w.begin_object().field("name", hit.label);
    write_strings(w, "patterns", hit.patterns);
    w.end_object();
  }
  w.end_array();
}

void write_or_null(json::Writer& w, std::string_view key, std::string_view text) {
  w.key(key);
  text.empty() ? w.null() : w.string(text);
}

void write_explanation(json::Writer& w, const Explanation& e) {
  write_strings(w, "tags", e.assessment.tags);
  write_or_null(w, "relevance", e.assessment.relevance);
  w.field("auto_score", e.assessment.auto_score);
  write_or_null(w, "intent", e.assessment.intent);
  w.key("why").begin_object();
  write_hits(w, "tags", e.tags);
  write_hits(w, "high", e.high);
  write_hits(w, "medium", e.medium);
  write_hits(w, "intents", e.intents);
  w.field("prompt_words", e.prompt_words).field("response_words", e.response_words).key("score").begin_array();
  for (const Explanation::Part& part : e.score)
    w.begin_object().field("what", part.what).field("add", part.add).end_object();
  w.end_array().end_object();
}

void print_hits(const char* title, const std::vector<Explanation::Hit>& hits) {
  if (hits.empty()) return;
  print_heading(title);
  Table table;
  table.column("name");
  table.column("because of");
  for (const Explanation::Hit& hit : hits) table.row({std::string(hit.label), joined(hit.patterns)});
  table.print();
}

void print_explanation(const Explanation& e) {
  print_heading("Assessment");
  fmt::print("  {:<12} {}\n", "tags", or_dash(joined(e.assessment.tags)));
  fmt::print("  {:<12} {}\n", "relevance", or_dash(e.assessment.relevance));
  fmt::print("  {:<12} {}\n", "auto score", e.assessment.auto_score);
  fmt::print("  {:<12} {}\n", "intent", or_dash(e.assessment.intent));
  print_hits("Tags", e.tags);
  print_hits("High keywords", e.high);
  print_hits("Medium keywords", e.medium);
  print_hits("Intents, the first is taken", e.intents);
  print_heading("Score");
  Table table;
  table.column("part");
  table.column("adds", Table::Align::kRight);
  for (const Explanation::Part& part : e.score) table.row({part.what, fmt::format("{:+g}", part.add)});
  table.print();
  fmt::print("  {} words in the prompt, {} in the response\n", e.prompt_words, e.response_words);
}

// An invalid profile is what this command is to find, not a wrong use of it: kFailed.
int report_invalid(const Context& context, const Error& error) {
  if (context.json) {
    std::string out;
    json::Writer(out).begin_object().field("valid", false).field("error", error.message).end_object();
    fmt::print("{}\n", out);
  }
  fmt::print(stderr, "gleaner: {}\n", error.message);
  return kFailed;
}

int check(const Context& context, const CheckOptions& options) {
  const auto loaded = load(context, options.file);
  if (!loaded) return report_invalid(context, loaded.error());
  const Profile& profile = **loaded;
  const enrich::ProfileText& text = profile.text();
  const bool tries = options.prompt || options.response;
  const Explanation explanation = profile.explain(options.prompt.value_or(""), options.response.value_or(""));
  if (context.json) {
    std::string out;
    json::Writer w(out);
    w.begin_object().field("valid", true).field("name", text.name);
    if (tries) write_explanation(w, explanation);
    w.end_object();
    fmt::print("{}\n", out);
    return kDone;
  }
  fmt::print("{}: valid; {} tags, {} high and {} medium keywords, {} intents, {} patterns\n", strong(text.name),
             text.tags.size(), text.relevance.high.size(), text.relevance.medium.size(), text.intents.size(),
             text.patterns.size());
  if (tries) print_explanation(explanation);
  return kDone;
}

}  // namespace

void add_profile(CLI::App& app, Context& context) {
  CLI::App* const profile = app.add_subcommand("profile", "List, check and try out domain profiles");
  profile->require_subcommand(1);
  profile->footer(
      "Examples:\n  gleaner profile list\n  gleaner profile check shop.toml\n"
      "  gleaner profile check roofing --try \"What is the seam overlap for TPO?\" --response \"2 inches minimum\"");
  add_command(*profile, context, "list", "List the profiles there are", "  gleaner profile list --json",
              [&context]() -> Result<int> { return list(context); });
  auto options = std::make_shared<CheckOptions>();
  CLI::App* const command =
      add_command(*profile, context, "check", "Check a profile, and show what it makes of a text",
                  "  gleaner profile check shop.toml\n  gleaner profile check shop.toml --try \"Where is my order?\"\n"
                  "  gleaner profile check roofing --try \"Seam overlap for TPO?\" --response \"2 inches\" --json",
                  [&context, options]() -> Result<int> { return check(context, *options); });
  command->add_option("profile", options->file, "a profile's file, or the name of one of the list")->required();
  command->add_option("--try", options->prompt, "a prompt to assess");
  command->add_option("--response", options->response, "the response to it");
}

}  // namespace gleaner::cli
