#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/line_reader.h"
#include "base/text.h"
#include "cli/dataset.h"
#include "cli/output.h"
#include "dataset/build.h"

namespace gleaner::cli {
namespace {

using json::Value;

constexpr size_t kMaxRecipe = size_t{16} << 20;

struct Flags {
  std::string name;
  std::string recipe;
  std::string preset;
  std::string filter;
  std::map<std::string, std::string> texts;    // members of the recipe
  std::map<std::string, std::string> numbers;  // the same
  std::map<std::string, std::vector<std::string>> lists;
  std::string balance;
  std::vector<std::string> splits;
  std::vector<std::string> prices;
  std::map<std::string, std::string> equals;  // fields of the filter
  std::string from;
  std::string to;
  bool positive_only = false;
  bool success_only = false;
  bool with_feedback_only = false;
  bool without_personal_data = false;
  std::map<std::string, std::string> at_least;  // numbers of the filter
  std::string max_response_length;
};

Result<Value> read_json(const std::string& given, std::string_view flag) {
  std::string text = given;
  if (given.starts_with('@')) {
    TRY_ASSIGN(const std::unique_ptr<LineReader> file, LineReader::open(given.substr(1), kMaxRecipe));
    TRY_ASSIGN(text, file->rest(kMaxRecipe));
  }
  auto json = json::parse(text);
  if (!json) return fail_in(flag, std::move(json).error());
  return *std::move(json);
}

Result<Value> number(const std::string& text, std::string_view flag) {
  auto value = json::parse(text);
  if (value && value->is_number()) return *std::move(value);
  return fail(Code::kInvalidArgument, fmt::format("{}: expected a number, got \"{}\"", flag, text));
}

Value object(std::string name, Value value) {
  return Value::object({{std::move(name), std::move(value)}});
}

// "train=0.9"
Status add_number(const std::string& text, std::string_view flag, Value& numbers) {
  const size_t equals = text.rfind('=');
  if (equals == std::string::npos)
    return fail(Code::kInvalidArgument, fmt::format("{}: expected NAME=NUMBER, got \"{}\"", flag, text));
  TRY_ASSIGN(Value value, number(text.substr(equals + 1), flag));
  numbers.set(text.substr(0, equals), std::move(value));
  return {};
}

// The flags about what is selected, as conditions that must all hold.
Result<Value> filter_of(const Flags& flags) {
  std::vector<Value> all;
  if (!flags.filter.empty()) {
    TRY_ASSIGN(Value given, read_json(flags.filter, "--filter"));
    all.push_back(std::move(given));
  }
  for (const auto& [field, text] : flags.equals) {
    if (!text.empty()) all.push_back(object(field, Value::string(text)));
  }
  if (!flags.from.empty()) all.push_back(object("created_at", object("gte", Value::string(flags.from))));
  if (!flags.to.empty()) all.push_back(object("created_at", object("lt", Value::string(flags.to))));
  if (flags.positive_only) all.push_back(object("verdict.positive", Value::boolean(true)));
  if (flags.success_only) all.push_back(object("success", Value::boolean(true)));
  if (flags.with_feedback_only) all.push_back(object("verdict.feedback", object("gt", Value::number("0"))));
  for (const auto& [field, text] : flags.at_least) {
    if (text.empty()) continue;
    TRY_ASSIGN(Value least, number(text, field));
    all.push_back(object(field, object("gte", std::move(least))));
  }
  if (!flags.max_response_length.empty()) {
    TRY_ASSIGN(Value most, number(flags.max_response_length, "--max-response-length"));
    all.push_back(object("response_chars", object("lte", std::move(most))));
  }
  if (all.empty()) return Value();
  return all.size() == 1 ? std::move(all.front()) : object("and", Value::array(std::move(all)));
}

// Flags win over the file of --recipe, that over the preset.
Result<dataset::Recipe> recipe_of(const Flags& flags) {
  Value recipe = Value::object();
  if (!flags.recipe.empty()) {
    TRY_ASSIGN(recipe, read_json("@" + flags.recipe, "--recipe"));
    if (const Value* const inner = recipe.find("recipe")) recipe = Value(*inner);  // of a manifest
  }
  TRY_ASSIGN(Value filter, filter_of(flags));
  if (!filter.is_null()) recipe.set("filter", std::move(filter));
  for (const auto& [name, text] : flags.texts) {
    if (!text.empty()) recipe.set(name, Value::string(text));
  }
  for (const auto& [name, text] : flags.numbers) {
    if (text.empty()) continue;
    TRY_ASSIGN(Value value, number(text, name));
    recipe.set(name, std::move(value));
  }
  for (const auto& [name, texts] : flags.lists) {
    if (texts.empty()) continue;
    Value list = Value::array();
    for (const std::string& text : texts) list.push(Value::string(text));
    recipe.set(name, std::move(list));
  }
  if (flags.without_personal_data) recipe.set("leave_out_personal_data", Value::boolean(true));
  for (const auto& [member, flag, given] :
       {std::tuple("splits", "--split", &flags.splits), std::tuple("prices", "--price", &flags.prices)}) {
    if (given->empty()) continue;
    Value numbers = Value::object();
    for (const std::string& one : *given) TRY(add_number(one, flag, numbers));
    recipe.set(member, std::move(numbers));
  }
  if (!flags.balance.empty()) {
    const size_t colon = flags.balance.find(':');
    if (colon == std::string::npos)
      return fail(Code::kInvalidArgument, "--balance: expected FIELD:VALUE=SHARE,VALUE=SHARE");
    Value shares = Value::object();
    for (const std::string& share : CLI::detail::split(flags.balance.substr(colon + 1), ','))
      TRY(add_number(share, "--balance", shares));
    recipe.set("balance", Value::object({{"field", Value::string(flags.balance.substr(0, colon))},
                                         {"shares", std::move(shares)}}));
  }
  if (!flags.preset.empty()) {
    TRY_ASSIGN(recipe, dataset::with_preset(std::move(recipe), flags.preset));
  }
  return dataset::parse_recipe(recipe);
}

Result<int> build(const Context& context, const std::string& name, dataset::Recipe recipe) {
  TRY_ASSIGN(const OpenStore open, context.open_store());
  dataset::BuildOptions options{.project = context.project,
                                .name = name,
                                .recipe = std::move(recipe),
                                .duckdb = duckdb::options_of(context.config)};
  std::unique_ptr<Progress> progress;
  std::string stage;
  options.on_progress = [&](std::string_view now, uint64_t done, uint64_t total) {
    if (stage != now) progress = std::make_unique<Progress>(stage = now);
    progress->update(0, total, done);
  };
  TRY_ASSIGN(const dataset::VersionInfo version,
             dataset::build(*open.store, versions_of(context), context.services.clock, std::move(options)));
  progress.reset();
  print_version(context, version);
  return kDone;
}

void add_recipe_flags(CLI::App& command, Flags& f) {
  command.add_option("--recipe", f.recipe, "file with a recipe, or a manifest.json to build the like of");
  std::string known;
  for (const dataset::Preset& preset : dataset::presets())
    known += fmt::format("{}{}: {}", known.empty() ? "" : "; ", preset.name, preset.description);
  command.add_option("--preset", f.preset, known);
  command.add_option("--task", f.texts["task"], "supervised (default), preference or unpaired");
  command.add_option("--format", f.lists["formats"], "format of the files; may be given several times");
  command.add_option("--filter", f.filter, "condition as JSON, or @FILE with it");
  for (const char* const field : {"platform", "kind", "language", "intent", "model", "experiment"})
    command.add_option("--" + std::string(field), f.equals[field], "only this " + std::string(field));
  command.add_option("--from", f.from, "only from this time on (RFC 3339)");
  command.add_option("--to", f.to, "only before this time (RFC 3339)");
  command.add_flag("--positive-only", f.positive_only, "only interactions with positive feedback");
  command.add_flag("--success-only", f.success_only, "only interactions that succeeded");
  command.add_flag("--with-feedback-only", f.with_feedback_only, "only interactions with feedback");
  command.add_option("--min-quality", f.at_least["quality_score"], "quality score, at least");
  command.add_option("--min-auto-score", f.at_least["auto_score"], "automatic score, at least");
  command.add_option("--min-viewers", f.at_least["verdict.viewers"], "people who saw it, at least");
  command.add_option("--min-engagement", f.at_least["verdict.engagement"], "engagement, at least");
  command.add_option("--min-response-length", f.at_least["response_chars"], "characters of the answer, at least");
  command.add_option("--max-response-length", f.max_response_length, "characters of the answer, at most");
  command.add_option("--as-of", f.texts["as_of"], "as things stood then (RFC 3339); default: now");
  command
      .add_option("--answers", f.lists["answers"], "only answers that are demonstrated, corrected, approved, original")
      ->delimiter(',');
  command.add_option("--pairs", f.lists["pairs"], "preferences from corrections, thumbs, experiments (default: all)")
      ->delimiter(',');
  command.add_option("--max-tokens", f.numbers["max_tokens"], "of an example, estimated; longer ones are left out");
  command.add_option(
      "--near-duplicates", f.numbers["near_duplicates"],
      "similarity from which on examples are duplicates (default: 0.8; 1: only equal ones, 0: keep all)");
  command.add_option("--held-out", f.lists["held_out"], "file with texts that must not be learned; several times");
  command.add_flag("--without-personal-data", f.without_personal_data,
                   "leave out examples in which a last look finds some; else they are counted");
  command.add_option("--balance", f.balance, "FIELD:VALUE=SHARE,...: language:en=0.5,tr=0.5");
  command.add_option("--sample", f.numbers["sample"], "so many examples at random, the same ones each time");
  command.add_option("--split", f.splits, "NAME=SHARE, several times (default: train=0.9 validation=0.05 test=0.05)");
  command
      .add_option("--group-by", f.lists["group_by"],
                  "what stays in one split: session, user, prompt, duplicates (default: all four)")
      ->delimiter(',');
  command.add_option("--stratify", f.texts["stratify"], "field whose values every split has its share of");
  command.add_option("--price", f.prices, "TRAINER=USD for a million tokens, several times: what training would cost");
  command.add_option("--epochs", f.numbers["epochs"], "of training, for --price (default: 1)");
  command.add_option("--seed", f.numbers["seed"], "of every choice by chance (default: 1)");
}

}  // namespace

void add_dataset_build(CLI::App& dataset, Context& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App* const make =
      add_command(dataset, context, "build", "Make the next version of a dataset",
                  "  gleaner dataset build support --positive-only --format openai --format sharegpt\n"
                  "  gleaner dataset build support --filter "
                  "'{\"or\":[{\"verdict.edited\":true},{\"quality_score\":{\"gte\":7}}]}'\n"
                  "  gleaner dataset build prefs --task preference --held-out benchmark.jsonl\n"
                  "  gleaner dataset build review --sample 100 --split all=1",
                  [&context, flags]() -> Result<int> {
                    TRY_ASSIGN(dataset::Recipe recipe, recipe_of(*flags));
                    return build(context, flags->name, std::move(recipe));
                  });
  make->add_option("name", flags->name, "the dataset's name")->required();
  add_recipe_flags(*make, *flags);

  auto which = std::make_shared<std::string>();
  CLI::App* const again =
      add_command(dataset, context, "rebuild", "Make a version again, without what was erased since",
                  "  gleaner dataset rebuild support@2", [&context, which]() -> Result<int> {
                    TRY_ASSIGN(const dataset::VersionInfo version, versions_of(context).find(*which));
                    const Value* const recipe = version.manifest.find("recipe");
                    if (recipe == nullptr)
                      return fail(Code::kDataLoss, version.folder + "/manifest.json: it has no recipe");
                    TRY_ASSIGN(dataset::Recipe parsed, dataset::parse_recipe(*recipe));
                    return build(context, version.name, std::move(parsed));
                  });
  again->add_option("version", *which, "NAME or NAME@NUMBER")->required();
}

}  // namespace gleaner::cli
