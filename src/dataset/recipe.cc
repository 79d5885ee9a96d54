#include "dataset/recipe.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "record/condition.h"

namespace gleaner::dataset {
namespace {

using json::Value;

constexpr std::array<std::string_view, 3> kPairSources = {"corrections", "thumbs", "experiments"};
constexpr std::array<std::string_view, 4> kGroups = {"session", "user", "prompt", "duplicates"};
constexpr size_t kMaxSplits = 16;
constexpr size_t kMaxSplitName = 32;
constexpr double kRounding = 1e-6;
constexpr double kLeastSimilar = 0.3;  // that NearDuplicates takes

constexpr std::array kPresets = {
    Preset{"engaged", "quality of 7 or more, liked by more people than dismissed it, seen by 10 or more",
           R"({"filter":{"quality_score":{"gte":7},"verdict.net_likes":{"gt":0},"verdict.viewers":{"gte":10}}})"},
    Preset{"liked", "positive feedback, answers of 50 to 400 characters",
           R"({"filter":{"verdict.positive":true,"response_chars":{"gte":50,"lte":400}}})"},
    Preset{"relevant",
           "at least medium relevance or corrected, prompts of 10 and answers of 20 characters or more, "
           "one example for each beginning of a prompt",
           R"({"filter":{"or":[{"relevance":["high","medium"]},{"verdict.edited":true}],"prompt_chars":{"gte":10}},)"
           R"("min_chars":20,"prompt_prefix":100,"near_duplicates":0})"},
};

std::unexpected<Error> wrong(std::string_view member, std::string_view expected, const Value& got) {
  return fail(Code::kInvalidArgument, fmt::format("{}: expected {}, got {}", member, expected,
                                                  got.is_string() ? "\"" + got.text() + "\"" : got.kind_name()));
}

Status read(const Value& value, std::string_view member, int64_t& out) {
  const auto number = value.as_integer();
  if (!value.is_number() || !number || *number < 0) return wrong(member, "a whole number from 0", value);
  out = *number;
  return {};
}

Status read(const Value& value, std::string_view member, uint64_t& out) {
  int64_t number = 0;
  TRY(read(value, member, number));
  out = static_cast<uint64_t>(number);
  return {};
}

Status read_unit(const Value& value, std::string_view member, double& out) {
  if (!value.is_number() || !(value.as_double() >= 0 && value.as_double() <= 1))
    return wrong(member, "a number from 0 to 1", value);
  out = value.as_double();
  return {};
}

Status read(const Value& value, std::string_view member, std::string& out) {
  if (!value.is_string()) return wrong(member, "a string", value);
  out = value.text();
  return {};
}

Status read(const Value& value, std::string_view member, std::vector<std::string>& out) {
  out.clear();
  if (!value.is_array()) return wrong(member, "an array of strings", value);
  for (const Value& item : value.items()) {
    if (!item.is_string()) return wrong(member, "an array of strings", item);
    out.push_back(item.text());
  }
  return {};
}

Status read(const Value& value, std::string_view member, bool& out) {
  if (!value.is_bool()) return wrong(member, "true or false", value);
  out = value.as_bool();
  return {};
}

template <typename Enum, size_t kCount>
Status read_names(const Value& value, std::string_view member, const std::array<std::string_view, kCount>& names,
                  std::vector<Enum>& out) {
  std::vector<std::string> given;
  TRY(read(value, member, given));
  out.clear();
  for (const std::string& name : given) {
    const auto found = std::ranges::find(names, name);
    if (found == names.end()) {
      return fail(Code::kInvalidArgument,
                  fmt::format("{}: expected some of {}; got \"{}\"", member, fmt::join(names, ", "), name));
    }
    out.push_back(static_cast<Enum>(found - names.begin()));
  }
  return {};
}

bool is_split_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxSplitName && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

Status read_splits(const Value& value, std::vector<Split>& out) {
  if (!value.is_object() || value.members().empty() || value.members().size() > kMaxSplits)
    return wrong("splits", fmt::format("an object of 1 to {} names and shares", kMaxSplits), value);
  out.clear();
  double sum = 0;
  for (const auto& [name, share] : value.members()) {
    if (!is_split_name(name)) {
      return fail(Code::kInvalidArgument,
                  fmt::format("splits: expected names of a to z, 0 to 9, _ and -; got \"{}\"", name));
    }
    Split split{name, 0};
    TRY(read_unit(share, "splits." + name, split.share));
    sum += split.share;
    out.push_back(std::move(split));
  }
  if (std::abs(sum - 1) > kRounding)
    return fail(Code::kInvalidArgument, fmt::format("splits: expected shares that add up to 1, got {}", sum));
  return {};
}

Status read_balance(const Value& value, std::optional<Balance>& out) {
  const Value* const shares = value.find("shares");
  const auto field = value.find_string("field");
  if (!field || shares == nullptr || !shares->is_object() || shares->members().empty())
    return wrong("balance", R"(an object such as {"field":"language","shares":{"en":0.5,"tr":0.5}})", value);
  Balance balance{std::string(*field), {}};
  double sum = 0;
  for (const auto& [name, share] : shares->members()) {
    double number = 0;
    TRY(read_unit(share, "balance.shares." + name, number));
    sum += number;
    balance.shares.emplace_back(name, number);
  }
  if (std::abs(sum - 1) > kRounding)
    return fail(Code::kInvalidArgument, fmt::format("balance.shares: expected shares that add up to 1, got {}", sum));
  out = std::move(balance);
  return {};
}

Status read_task(const Value& value, Recipe& recipe) {
  std::string task;
  TRY(read(value, "task", task));
  TRY_ASSIGN(recipe.task, parse_task(task));
  return {};
}

Status read_filter(const Value& value, Recipe& recipe) {
  if (value.is_null()) return {};
  TRY(record::Condition::parse(value));
  recipe.filter = value;
  return {};
}

Status read_as_of(const Value& value, Recipe& recipe) {
  if (value.is_null()) return {};
  std::string text;
  TRY(read(value, "as_of", text));
  auto time = parse_time(text);
  if (!time) return fail_in("as_of", std::move(time).error());
  recipe.as_of = *time;
  return {};
}

Status read_answers(const Value& value, Recipe& recipe) {
  std::vector<std::string> names;
  TRY(read(value, "answers", names));
  recipe.answers.clear();
  for (const std::string& one : names) {
    TRY_ASSIGN(const Rule rule, parse_rule(one));
    recipe.answers.push_back(rule);
  }
  return {};
}

Status read_near_duplicates(const Value& value, Recipe& recipe) {
  TRY(read_unit(value, "near_duplicates", recipe.near_duplicates));
  if (recipe.near_duplicates == 0 || recipe.near_duplicates >= kLeastSimilar) return {};
  return wrong("near_duplicates", fmt::format("0, or a number from {} to 1", kLeastSimilar), value);
}

Status read_prices(const Value& value, Recipe& recipe) {
  if (!value.is_object()) return wrong("prices", R"(an object such as {"together": 0.48})", value);
  recipe.prices.clear();
  for (const auto& [trainer, price] : value.members()) {
    if (!price.is_number() || !(price.as_double() >= 0)) return wrong("prices." + trainer, "a number from 0", price);
    recipe.prices.emplace_back(trainer, price.as_double());
  }
  return {};
}

Status read_epochs(const Value& value, Recipe& recipe) {
  TRY(read(value, "epochs", recipe.epochs));
  return recipe.epochs > 0 ? Status() : wrong("epochs", "a whole number from 1", value);
}

Status read_formats(const Value& value, Recipe& recipe) {
  TRY(read(value, "formats", recipe.formats));
  for (const std::string& name : recipe.formats) TRY(find_format(name));
  return {};
}

using Read = Status (*)(const Value& value, Recipe& recipe);

struct Member {
  std::string_view name;
  std::variant<int64_t Recipe::*, uint64_t Recipe::*, std::string Recipe::*, std::vector<std::string> Recipe::*,
               bool Recipe::*, Read>
      read;
};

constexpr std::array kMembers = {
    Member{"task", &read_task},
    Member{"filter", &read_filter},
    Member{"as_of", &read_as_of},
    Member{"answers", &read_answers},
    Member{"pairs", [](const Value& value, Recipe& r) { return read_names(value, "pairs", kPairSources, r.pairs); }},
    Member{"min_chars", &Recipe::min_chars},
    Member{"max_chars", &Recipe::max_chars},
    Member{"max_tokens", &Recipe::max_tokens},
    Member{"prompt_prefix", &Recipe::prompt_prefix},
    Member{"near_duplicates", &read_near_duplicates},
    Member{"held_out", &Recipe::held_out},
    Member{"leave_out_personal_data", &Recipe::leave_out_personal_data},
    Member{"balance",
           [](const Value& value, Recipe& r) { return value.is_null() ? Status() : read_balance(value, r.balance); }},
    Member{"sample", &Recipe::sample},
    Member{"splits", [](const Value& value, Recipe& recipe) { return read_splits(value, recipe.splits); }},
    Member{"group_by",
           [](const Value& value, Recipe& r) { return read_names(value, "group_by", kGroups, r.group_by); }},
    Member{"stratify", &Recipe::stratify},
    Member{"seed", &Recipe::seed},
    Member{"formats", &read_formats},
    Member{"prices", &read_prices},
    Member{"epochs", &read_epochs},
};

Status read_member(const std::string& name, const Value& value, Recipe& recipe) {
  const auto member = std::ranges::find(kMembers, name, &Member::name);
  if (member == kMembers.end()) return fail(Code::kInvalidArgument, fmt::format("{}: not a member of a recipe", name));
  return std::visit(
      [&](const auto how) {
        if constexpr (std::is_same_v<decltype(how), const Read>) {
          return how(value, recipe);
        } else {
          return read(value, name, recipe.*how);
        }
      },
      member->read);
}

}  // namespace

std::string_view pair_source_name(PairSource source) {
  return kPairSources[std::to_underlying(source)];
}

std::string_view group_by_name(GroupBy group) {
  return kGroups[std::to_underlying(group)];
}

Result<Recipe> parse_recipe(const Value& json) {
  if (!json.is_object()) return wrong("recipe", "an object", json);
  Recipe recipe;
  for (const auto& [name, value] : json.members()) TRY(read_member(name, value, recipe));
  for (const std::string& name : recipe.formats) {
    TRY_ASSIGN(const Format* const format, find_format(name));
    if (format->task != recipe.task) {
      return fail(Code::kInvalidArgument, fmt::format("formats: {} is a format for {} examples, and the task is {}",
                                                      name, task_name(format->task), task_name(recipe.task)));
    }
  }
  if (recipe.formats.empty()) {
    const auto all = formats();
    const auto first = std::ranges::find(all, recipe.task, &Format::task);
    if (first == all.end())
      return fail(Code::kInvalidArgument, fmt::format("task: no format for {} examples", task_name(recipe.task)));
    recipe.formats.emplace_back(first->name);
  }
  return recipe;
}

std::string encode_recipe(const Recipe& recipe) {
  std::string out;
  json::Writer w(out);
  const auto names = [&w](std::string_view member, const auto& list, const auto& name_of) {
    w.key(member).begin_array();
    for (const auto& one : list) w.string(name_of(one));
    w.end_array();
  };
  const auto same = [](const std::string& text) { return std::string_view(text); };
  w.begin_object().field("task", task_name(recipe.task)).key("filter").raw(recipe.filter.dump());
  w.key("as_of");
  recipe.as_of ? w.string(format_time(*recipe.as_of)) : w.null();
  names("answers", recipe.answers, rule_name);
  names("pairs", recipe.pairs, pair_source_name);
  w.field("min_chars", recipe.min_chars).field("max_chars", recipe.max_chars).field("max_tokens", recipe.max_tokens);
  w.field("prompt_prefix", recipe.prompt_prefix).field("near_duplicates", recipe.near_duplicates);
  names("held_out", recipe.held_out, same);
  w.field("leave_out_personal_data", recipe.leave_out_personal_data);
  w.key("balance");
  if (recipe.balance) {
    w.begin_object().field("field", recipe.balance->field).key("shares").begin_object();
    for (const auto& [name, share] : recipe.balance->shares) w.field(name, share);
    w.end_object().end_object();
  } else {
    w.null();
  }
  w.field("sample", recipe.sample).key("splits").begin_object();
  for (const Split& split : recipe.splits) w.field(split.name, split.share);
  w.end_object();
  names("group_by", recipe.group_by, group_by_name);
  w.field("stratify", recipe.stratify).field("seed", recipe.seed);
  names("formats", recipe.formats, same);
  w.key("prices").begin_object();
  for (const auto& [trainer, price] : recipe.prices) w.field(trainer, price);
  w.end_object().field("epochs", recipe.epochs).end_object();
  return out;
}

std::span<const Preset> presets() {
  return kPresets;
}

Result<Value> with_preset(Value recipe, std::string_view preset) {
  const auto found = std::ranges::find(kPresets, preset, &Preset::name);
  if (found == kPresets.end()) {
    std::vector<std::string_view> names;
    for (const Preset& one : kPresets) names.push_back(one.name);
    return fail(Code::kInvalidArgument,
                fmt::format("preset: expected one of {}; got \"{}\"", fmt::join(names, ", "), preset));
  }
  TRY_ASSIGN(Value base, json::parse(found->recipe));
  for (auto& [name, value] : base.members()) {
    const Value* const own = recipe.find(name);
    if (own == nullptr) {
      recipe.set(name, std::move(value));
    } else if (name == "filter" && !own->is_null()) {
      Value both = Value::array({std::move(value), *own});
      recipe.set(name, Value::object({{"and", std::move(both)}}));
    }
  }
  return recipe;
}

}  // namespace gleaner::dataset
