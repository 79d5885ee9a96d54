#include "dataset/card.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"
#include "dataset/version.h"

namespace gleaner::dataset {
namespace {

using Counts = std::map<std::string, uint64_t>;

constexpr std::string_view kTokenMethod =
    "estimate: a token for four ASCII characters, two for three others, four for a message";

void write_counts(json::Writer& w, std::string_view name, const Counts& counts) {
  w.key(name).begin_object();
  for (const auto& [key, count] : counts) w.field(key, count);
  w.end_object();
}

// What each trainer would take for the first split, by its estimated tokens.
std::vector<std::pair<std::string_view, double>> costs_of(const Description& about) {
  std::vector<std::pair<std::string_view, double>> costs;
  if (about.written.splits.empty()) return costs;
  const double millions =
      static_cast<double>(about.written.splits.front().tokens) * static_cast<double>(about.recipe.epochs) / 1e6;
  for (const auto& [trainer, price] : about.recipe.prices) costs.emplace_back(trainer, price * millions);
  return costs;
}

void write_leakage(json::Writer& w, const Leakage& leakage) {
  w.key("leakage").begin_object().field("sessions", leakage.sessions).field("users", leakage.users);
  w.field("prompts", leakage.prompts).field("duplicates", leakage.duplicates).end_object();
}

std::string validation(const Description& about) {
  const Written& written = about.written;
  std::string out;
  json::Writer w(out);
  w.begin_object();
  write_leakage(w, about.leakage);
  w.key("formats").begin_object();
  for (const auto& [name, count] : written.formats) {
    w.key(name).begin_object().field("lines", count.lines).field("refused", count.problems);
    write_counts(w, "left_out", count.left_out);
    w.key("problems").begin_array();
    for (const std::string& one : count.shown) w.string(one);
    w.end_array().end_object();
  }
  w.end_object().key("tokens").begin_object().field("method", kTokenMethod);
  w.field("fewest", written.fewest_tokens).field("most", written.most_tokens).end_object();
  w.key("duplicates").begin_object().field("clusters", about.clusters).field("largest", about.largest_cluster);
  w.key("shown").begin_array();
  for (const std::vector<std::string>& cluster : about.shown_clusters) {
    w.begin_array();
    for (const std::string& id : cluster) w.string(id);
    w.end_array();
  }
  w.end_array().end_object().key("personal_data").begin_object().field("examples", about.with_personal_data);
  write_counts(w, "found", about.personal_data);
  w.end_object().key("held_out").begin_array();
  for (const HeldOutFile& file : about.held_out) {
    w.begin_object().field("path", file.path).field("sha256", file.sha256).field("texts", file.texts);
    w.field("too_short", file.ignored).end_object();
  }
  w.end_array().end_object();
  return out + "\n";
}

std::string card(const Description& about) {
  const Written& written = about.written;
  std::string out = fmt::format("# {}\n\n{} examples ({}) from {} interactions of the project {}.\n\n", about.name,
                                display_count(about.examples), task_name(about.recipe.task),
                                display_count(about.interactions), about.project);
  out += "| split | examples | tokens (estimated) |\n|---|---:|---:|\n";
  for (size_t i = 0; i < written.splits.size(); ++i) {
    out += fmt::format("| {} | {} | {} |\n", about.recipe.splits[i].name, display_count(written.splits[i].examples),
                       display_count(written.splits[i].tokens));
  }
  if (!about.recipe.prices.empty()) {
    out += fmt::format("\n## Cost\n\nOf training on {} for {} epoch{}, by the estimated tokens.\n\n",
                       about.recipe.splits.front().name, about.recipe.epochs, about.recipe.epochs == 1 ? "" : "s");
    out += "| trainer | USD for a million tokens | USD |\n|---|---:|---:|\n";
    const auto costs = costs_of(about);
    for (size_t i = 0; i < costs.size(); ++i)
      out += fmt::format("| {} | {} | {:.2f} |\n", costs[i].first, about.recipe.prices[i].second, costs[i].second);
  }
  out += "\n## Answers\n\n| rule | examples |\n|---|---:|\n";
  for (const auto& [rule, count] : written.by_rule) out += fmt::format("| {} | {} |\n", rule, display_count(count));
  if (written.good + written.bad > 0)
    out += fmt::format("\nLabels: {} good, {} bad.\n", display_count(written.good), display_count(written.bad));
  out += "\n## Left out\n\n";
  if (about.left_out.empty()) out += "Nothing.\n";
  for (const auto& [reason, count] : about.left_out) out += fmt::format("- {}: {}\n", reason, display_count(count));
  out += "\n## Personal data\n\n";
  if (about.personal_data.empty()) out += "A last look found none.\n";
  for (const auto& [kind, count] : about.personal_data) out += fmt::format("- {}: {}\n", kind, display_count(count));
  if (!about.personal_data.empty()) {
    out += fmt::format("\nIn {} of the examples that were gathered{}.\n", display_count(about.with_personal_data),
                       about.recipe.leave_out_personal_data ? ", which are left out" : "");
  }
  out += fmt::format(
      "\n## Splits\n\n{} groups of examples that share one of {} stay together; the largest has {}. ",
      display_count(about.groups),
      [&] {
        std::vector<std::string_view> names;
        for (const GroupBy group : about.recipe.group_by) names.push_back(group_by_name(group));
        return fmt::format("{}", fmt::join(names, ", "));
      }(),
      display_count(about.largest_group));
  out += fmt::format("In more than one split: {} sessions, {} users, {} prompts, {} clusters of duplicates.\n",
                     about.leakage.sessions, about.leakage.users, about.leakage.prompts, about.leakage.duplicates);
  out += fmt::format(
      "\n## Recipe\n\n```json\n{}\n```\n\nWith these records `gleaner dataset build --recipe` of it makes "
      "the same files again. `manifest.json` has their hashes, `lineage.jsonl` the interactions each "
      "example came from.\n",
      encode_recipe(about.recipe));
  return out;
}

std::string manifest(Description& about) {
  Written& written = about.written;
  std::ranges::sort(written.files, {}, &FileEntry::path);
  std::string listed;
  std::string out;
  json::Writer w(out);
  w.begin_object().field("format_version", kDatasetFormat).field("name", about.name).field("project", about.project);
  w.field("task", task_name(about.recipe.task)).key("recipe").raw(encode_recipe(about.recipe));
  w.key("counts").begin_object().field("interactions", about.interactions).field("examples", about.examples);
  write_counts(w, "left_out", about.left_out);
  write_counts(w, "answers", written.by_rule);
  if (about.recipe.task == Task::kUnpaired) w.field("good", written.good).field("bad", written.bad);
  w.field("with_personal_data", about.with_personal_data);
  w.field("duplicate_clusters", about.clusters).field("groups", about.groups);
  w.field("largest_group", about.largest_group).end_object().key("splits").begin_object();
  uint64_t tokens = 0;
  for (size_t i = 0; i < written.splits.size(); ++i) {
    w.key(about.recipe.splits[i].name).begin_object().field("examples", written.splits[i].examples);
    w.field("tokens", written.splits[i].tokens).end_object();
    tokens += written.splits[i].tokens;
  }
  w.end_object().key("tokens").begin_object().field("total", tokens).field("method", kTokenMethod).end_object();
  w.key("cost_usd").begin_object();
  for (const auto& [trainer, cost] : costs_of(about)) w.field(trainer, cost);
  w.end_object();
  write_leakage(w, about.leakage);
  w.key("files").begin_array();
  for (const FileEntry& file : written.files) {
    listed += fmt::format("{}  {}\n", file.sha256, file.path);
    w.begin_object().field("path", file.path).field("bytes", file.bytes).field("lines", file.lines);
    w.field("sha256", file.sha256).end_object();
  }
  w.end_array().field("sha256", to_hex(sha256(listed))).end_object();
  return out + "\n";
}

}  // namespace

Status write_description(const std::string& folder, Description about) {
  for (const auto& [path, text] : {std::pair<std::string, std::string>("validation.json", validation(about)),
                                   std::pair<std::string, std::string>("README.md", card(about))}) {
    TRY_ASSIGN(FileEntry entry, write_file(folder, path, text));
    about.written.files.push_back(std::move(entry));
  }
  TRY(write_file(folder, "manifest.json", manifest(about)));
  return {};
}

}  // namespace gleaner::dataset
