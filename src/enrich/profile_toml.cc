// The file format of profiles: docs/profiles.md. Every complaint names the file, the line, the key and what would be
// right; the first one ends the reading.
#include <algorithm>
#include <map>
#include <numeric>
#include <span>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "base/text.h"
#include "enrich/profile.h"

namespace gleaner::enrich {
namespace {

using Keys = std::initializer_list<std::string_view>;

std::string_view kind_of(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
    case toml::node_type::floating_point:
      return "a number";
    case toml::node_type::boolean:
      return "true or false";
    default:
      return "a date or time";
  }
}

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i + 1);
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

// The one of `known` that was probably meant, or empty.
std::string_view nearest(std::string_view given, Keys known) {
  constexpr size_t kLongest = 40;
  if (given.size() > kLongest) return {};
  const auto distance = [&](std::string_view key) { return edit_distance(given, key); };
  const std::string_view best = *std::ranges::min_element(known, {}, distance);
  return distance(best) <= std::max<size_t>(1, given.size() / 3) ? best : std::string_view();
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kMaxLabelBytes && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

bool is_label(std::string_view text) {
  return !text.empty() && text.size() <= kMaxLabelBytes && trim(text) == text &&
         std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 32 || c == 127; });
}

Status check_encoding(std::string_view text, std::string_view origin) {
  for (size_t line = 1; !text.empty(); ++line) {
    const std::string_view one = text.substr(0, text.find('\n'));
    if (printable(one) != one)
      return fail(Code::kInvalidArgument, fmt::format("{}:{}: a profile is UTF-8 text", origin, line));
    text.remove_prefix(std::min(one.size() + 1, text.size()));
  }
  return {};
}

class Reader {
 public:
  explicit Reader(std::string_view origin) : origin_(origin) {}

  Result<ProfileText> read(const toml::table& root) {
    TRY(check_keys(root, "",
                   {"name", "description", "match", "fallback_tag", "relevance", "tags", "intents", "score"}));
    TRY(read_head(root));
    TRY(read_relevance(root));
    TRY(read_labels(root, "tags", text_.tags));
    text_.subject_patterns = text_.patterns.size();
    TRY(read_labels(root, "intents", text_.intents));
    TRY(read_score(root));
    return std::move(text_);
  }

 private:
  std::unexpected<Error> wrong(const toml::source_region& where, std::string_view key, std::string_view what) const {
    return fail(Code::kInvalidArgument,
                fmt::format("{}:{}: {}{}{}", origin_, where.begin.line, key, key.empty() ? "" : ": ", what));
  }
  std::unexpected<Error> wrong_kind(const toml::node& node, std::string_view key, std::string_view expected) const {
    return wrong(node.source(), key, fmt::format("expected {}, got {}", expected, kind_of(node)));
  }

  static std::string join(std::string_view path, std::string_view key) {
    return path.empty() ? std::string(key) : fmt::format("{}.{}", path, key);
  }

  Status check_keys(const toml::table& table, std::string_view path, Keys known) const {
    for (const auto& [key, node] : table) {
      if (std::ranges::find(known, key.str()) != known.end()) continue;
      const std::string_view meant = nearest(key.str(), known);
      const std::string advice = meant.empty() ? fmt::format("there are {}", fmt::join(known, ", "))
                                               : fmt::format("did you mean \"{}\"?", meant);
      return wrong(key.source(), join(path, one_line(key.str())), "there is no such key; " + advice);
    }
    return {};
  }

  // The table of that name, or null if there is none.
  Result<const toml::table*> find_table(const toml::table& parent, std::string_view path, std::string_view key) const {
    const toml::node* const node = parent.get(key);
    if (node == nullptr) return nullptr;
    if (!node->is_table()) return wrong_kind(*node, join(path, key), "a table");
    return node->as_table();
  }

  Status read_string(const toml::table& table, std::string_view key, std::string& target) const {
    const toml::node* const node = table.get(key);
    if (node == nullptr) return {};
    if (!node->is_string()) return wrong_kind(*node, key, "a string");
    target = node->as_string()->get();
    return {};
  }

  Status read_number(const toml::table& table, std::string_view path, std::string_view key, double least, double most,
                     double& target) const {
    const toml::node* const node = table.get(key);
    if (node == nullptr) return {};
    const std::optional<double> value = node->value<double>();
    const std::string expected = fmt::format("a number from {} to {}", least, most);
    if (!node->is_number() || !value) return wrong_kind(*node, join(path, key), expected);
    if (!(*value >= least && *value <= most))
      return wrong(node->source(), join(path, key), fmt::format("expected {}, got {}", expected, *value));
    target = *value;
    return {};
  }

  Status read_count(const toml::table& table, std::string_view path, std::string_view key, int64_t& target) const {
    constexpr int64_t kMost = 1000000;
    const toml::node* const node = table.get(key);
    if (node == nullptr) return {};
    const std::string expected = fmt::format("a whole number from 1 to {}", kMost);
    if (!node->is_integer()) return wrong_kind(*node, join(path, key), expected);
    const int64_t value = node->as_integer()->get();
    if (value < 1 || value > kMost)
      return wrong(node->source(), join(path, key), fmt::format("expected {}, got {}", expected, value));
    target = value;
    return {};
  }

  Status read_head(const toml::table& root) {
    if (!root.contains("name")) {
      return fail(Code::kInvalidArgument,
                  fmt::format("{}: name is missing; begin with, for example, name = \"roofing\"", origin_));
    }
    TRY(read_string(root, "name", text_.name));
    if (!is_name(text_.name)) {
      return wrong(root.get("name")->source(), "name",
                   fmt::format("expected 1 to {} of a-z, 0-9, - and _, got \"{}\"", kMaxLabelBytes,
                               one_line(truncate_utf8(text_.name, 2 * kMaxLabelBytes))));
    }
    TRY(read_string(root, "description", text_.description));
    TRY(read_string(root, "fallback_tag", text_.fallback_tag));
    if (root.contains("fallback_tag")) TRY(check_label(root.get("fallback_tag")->source(), "", text_.fallback_tag));
    std::string match = "word";
    TRY(read_string(root, "match", match));
    if (match == "anywhere") {
      text_.match = Matcher::Mode::kAnywhere;
    } else if (match != "word") {
      return wrong(root.get("match")->source(), "match",
                   fmt::format("expected \"word\" or \"anywhere\", got \"{}\"", one_line(match)));
    }
    return {};
  }

  Status check_label(const toml::source_region& where, std::string_view path, std::string_view label) const {
    if (is_label(label)) return {};
    return wrong(where, path.empty() ? "fallback_tag" : path,
                 fmt::format("a label has 1 to {} bytes, no control characters and no spaces around it, unlike \"{}\"",
                             kMaxLabelBytes, one_line(truncate_utf8(label, 2 * kMaxLabelBytes))));
  }

  Status read_patterns(const toml::node& node, const std::string& path, std::vector<uint32_t>& target) {
    const toml::array* const list = node.as_array();
    if (list == nullptr) return wrong_kind(node, path, "a list of patterns such as [\"membrane*\", \"mod bit\"]");
    if (list->empty()) return wrong(node.source(), path, "the list is empty, so it could never be found");
    for (const toml::node& item : *list) TRY(read_pattern(item, path, target));
    return {};
  }

  // Adds the number of a pattern that is not yet in `target`.
  Status read_pattern(const toml::node& item, const std::string& path, std::vector<uint32_t>& target) {
    if (!item.is_string()) return wrong_kind(item, path, "a list of strings");
    const std::string pattern = item.as_string()->get();
    if (const Status good = Matcher::check(pattern, text_.match); !good) {
      const std::string shown = one_line(truncate_utf8(pattern, kMaxPatternBytes));
      return wrong(item.source(), path, fmt::format("\"{}\": {}", shown, good.error().message));
    }
    const auto next = static_cast<uint32_t>(text_.patterns.size());
    const auto [known, is_new] = numbers_.try_emplace(Matcher::canonical(pattern, text_.match), next);
    if (is_new) {
      if (next == kMaxPatterns)
        return wrong(item.source(), path, fmt::format("a profile has {} patterns at most", kMaxPatterns));
      text_.patterns.push_back(pattern);
    }
    if (std::ranges::find(target, known->second) != target.end()) {
      return wrong(item.source(), path,
                   fmt::format("\"{}\" stands twice in the list (case does not matter)", one_line(pattern)));
    }
    target.push_back(known->second);
    return {};
  }

  // A string is a keyword, a list of strings is one with several spellings.
  Status read_keywords(const toml::table& table, const std::string& key, std::vector<Keyword>& target) {
    const toml::node* const node = table.get(key);
    if (node == nullptr) return {};
    const std::string path = join("relevance", key);
    if (!node->is_array()) return wrong_kind(*node, path, "a list of keywords such as [\"tpo\", \"membrane*\"]");
    std::vector<uint32_t> all;
    for (const toml::node& item : *node->as_array()) {
      const size_t before = all.size();
      if (item.is_array()) {
        TRY(read_patterns(item, path, all));
      } else {
        TRY(read_pattern(item, path, all));
      }
      target.emplace_back(all.begin() + static_cast<ptrdiff_t>(before), all.end());
    }
    return {};
  }

  Status read_relevance(const toml::table& root) {
    TRY_ASSIGN(const toml::table* const table, find_table(root, "", "relevance"));
    if (table == nullptr) return {};
    RelevanceRules& rules = text_.relevance;
    TRY(check_keys(*table, "relevance", {"high", "medium", "high_from", "medium_from"}));
    TRY(read_keywords(*table, "high", rules.high));
    TRY(read_keywords(*table, "medium", rules.medium));
    TRY_ASSIGN(const toml::table* const high_from, find_table(*table, "relevance", "high_from"));
    if (high_from != nullptr) {
      TRY(check_keys(*high_from, "relevance.high_from", {"high"}));
      TRY(read_count(*high_from, "relevance.high_from", "high", rules.high_from));
    }
    TRY_ASSIGN(const toml::table* const medium_from, find_table(*table, "relevance", "medium_from"));
    if (medium_from == nullptr) return {};
    TRY(check_keys(*medium_from, "relevance.medium_from", {"high", "medium"}));
    TRY(read_count(*medium_from, "relevance.medium_from", "high", rules.medium_from_high));
    return read_count(*medium_from, "relevance.medium_from", "medium", rules.medium_from_medium);
  }

  // In the order of the file, which the table itself does not keep.
  Status read_labels(const toml::table& root, std::string_view name, std::vector<Label>& target) {
    TRY_ASSIGN(const toml::table* const table, find_table(root, "", name));
    if (table == nullptr) return {};
    std::vector<std::pair<const toml::key*, const toml::node*>> entries;
    for (const auto& [key, node] : *table) entries.emplace_back(&key, &node);
    std::ranges::sort(entries, [](const auto& a, const auto& b) {
      const toml::source_position& left = a.first->source().begin;
      const toml::source_position& right = b.first->source().begin;
      return left < right;
    });
    for (const auto& [key, node] : entries) {
      Label label{std::string(key->str()), {}};
      const std::string path = join(name, one_line(label.name));
      TRY(check_label(key->source(), path, label.name));
      TRY(read_patterns(*node, path, label.patterns));
      target.push_back(std::move(label));
    }
    return {};
  }

  Status read_score(const toml::table& root) {
    TRY_ASSIGN(const toml::table* const table, find_table(root, "", "score"));
    if (table == nullptr) return {};
    ScoreRules& rules = text_.score;
    TRY(check_keys(*table, "score", {"base", "prompt_words", "response_words", "relevance", "maximum"}));
    TRY(read_number(*table, "score", "base", 0, 1, rules.base));
    TRY(read_number(*table, "score", "maximum", 0, 1, rules.maximum));
    TRY(read_bonuses(*table, "prompt_words", rules.prompt_words));
    TRY(read_bonuses(*table, "response_words", rules.response_words));
    TRY_ASSIGN(const toml::table* const relevance, find_table(*table, "score", "relevance"));
    if (relevance == nullptr) return {};
    TRY(check_keys(*relevance, "score.relevance", {"high", "medium"}));
    TRY(read_number(*relevance, "score.relevance", "high", -1, 1, rules.relevance_high));
    return read_number(*relevance, "score.relevance", "medium", -1, 1, rules.relevance_medium);
  }

  Status read_bonuses(const toml::table& score, std::string_view key, std::vector<LengthBonus>& target) const {
    constexpr size_t kMost = 20;
    const toml::node* const node = score.get(key);
    if (node == nullptr) return {};
    const std::string path = join("score", key);
    const std::string_view expected = "a list such as [{ at_least = 5, add = 0.1 }]";
    if (!node->is_array()) return wrong_kind(*node, path, expected);
    target.clear();
    for (const toml::node& item : *node->as_array()) {
      const toml::table* const step = item.as_table();
      if (step == nullptr) return wrong_kind(item, path, expected);
      TRY(check_keys(*step, path, {"at_least", "add"}));
      if (!step->contains("at_least") || !step->contains("add") || target.size() == kMost)
        return wrong(item.source(), path, fmt::format("expected {}, of {} steps at most", expected, kMost));
      LengthBonus bonus;
      TRY(read_count(*step, path, "at_least", bonus.at_least));
      TRY(read_number(*step, path, "add", -1, 1, bonus.add));
      target.push_back(bonus);
    }
    return {};
  }

  std::string origin_;
  ProfileText text_;
  std::map<std::string, uint32_t> numbers_;  // of patterns, by their canonical spelling
};

}  // namespace

Result<Profile> Profile::parse(std::string_view text, std::string_view origin) {
  if (text.size() > kMaxProfileBytes) {
    return fail(Code::kInvalidArgument,
                fmt::format("{}: a profile has {} at most", origin, display_bytes(kMaxProfileBytes)));
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  TRY(check_encoding(text, origin));
  try {
    const toml::table root = toml::parse(text, origin);
    TRY_ASSIGN(ProfileText read, Reader(origin).read(root));
    return Profile(std::move(read));
  } catch (const toml::parse_error& error) {
    return fail(Code::kInvalidArgument,
                fmt::format("{}:{}: {}", origin, error.source().begin.line, error.description()));
  }
}

}  // namespace gleaner::enrich
