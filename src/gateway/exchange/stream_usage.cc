#include "gateway/exchange/stream_usage.h"

#include <algorithm>
#include <utility>

#include "gateway/exchange/scan.h"
#include "gateway/exchange/sse.h"

namespace gleaner::gateway::exchange {
namespace {

using json::ondemand::json_type;

// Where a request says what it wants of its stream. Positions in the body; 0 where there is no such thing.
struct Wish {
  bool is_stream = false;
  bool is_asked = false;
  bool is_usable = true;      // false where it is not plain what the server will make of it
  size_t root = 0;            // behind the bracket that opens the body
  size_t options = 0;         // behind the bracket that opens stream_options
  bool options_empty = true;  // whether it has no members
  size_t null_options = 0;    // of a stream_options that is null
  size_t usage = 0;           // of the value of include_usage, which is not true
  size_t usage_size = 0;
};

class WishReader {
 public:
  // False if the body is no JSON object.
  bool read(std::string_view body, Wish& wish) {
    text_.reserve(body.size() + json::kPadding);
    text_ = body;
    auto document = walker_.begin(text_.data(), text_.size(), text_.capacity());
    json::ondemand::value root;
    if (!document || document->get_value().get(root) != simdjson::SUCCESS) return false;
    wish.root = position(root) + 1;
    int options_seen = 0;
    const bool whole = scan_object(root, [&](std::string_view key, json::ondemand::value value) {
      if (key == "stream") {
        bool flag = false;
        wish.is_stream = value.get_bool().get(flag) == simdjson::SUCCESS && flag;
        return true;
      }
      if (key != "stream_options") return true;
      ++options_seen;
      return read_options(value, wish);
    });
    wish.is_usable = wish.is_usable && options_seen <= 1;
    return whole && json::at_end(*document);
  }

 private:
  size_t position(json::ondemand::value value) const {
    return static_cast<size_t>(value.raw_json_token().data() - text_.data());
  }

  bool read_options(json::ondemand::value value, Wish& wish) {
    json_type type{};
    if (value.type().get(type) != simdjson::SUCCESS) return false;
    if (type == json_type::null) {
      wish.null_options = position(value);
      return scan_null(value);
    }
    if (type != json_type::object) {
      wish.is_usable = false;
      return true;
    }
    wish.options = position(value) + 1;
    return scan_object(value, [&](std::string_view key, json::ondemand::value member) {
      wish.options_empty = false;
      if (key != "include_usage") return true;
      wish.is_usable = wish.is_usable && wish.usage == 0 && !wish.is_asked;
      std::string_view written = member.raw_json_token();
      wish.usage = position(member);
      written = written.substr(0, written.find_last_not_of(" \t\r\n") + 1);
      wish.usage_size = written.size();
      wish.is_asked = written == "true";
      return true;
    });
  }

  json::Walker walker_;
  std::string text_;
};

bool tells_usage(Operation operation) {
  return operation == Operation::kChatCompletions || operation == Operation::kCompletions;
}

std::optional<Wish> read_wish(Operation operation, std::string_view body) {
  Wish wish;
  // Most are no streams, and say so by silence. Nobody writes that name with escapes.
  if (!tells_usage(operation) || !body.contains(R"("stream")")) return {};
  if (!WishReader().read(body, wish) || !wish.is_stream || !wish.is_usable) return {};
  return wish;
}

// [] behind the first "choices" of a chunk: what all others are not is seen without parsing.
bool may_be_usage(std::string_view event) {
  constexpr std::string_view kChoices = "\"choices\"";
  size_t at = event.find(kChoices);
  if (at == std::string_view::npos) return false;
  at += kChoices.size();
  for (const char wanted : {':', '[', ']'}) {
    at = event.find_first_not_of(" \t", at);
    if (at == std::string_view::npos || event[at] != wanted) return false;
    ++at;
  }
  return true;
}

bool is_usage(std::string_view event) {
  if (!may_be_usage(event)) return false;
  bool has_usage = false;
  bool has_choices = false;
  SseParser parser(UsageFilter::kMaxHeld * 2);
  const auto look = [&](std::string_view, std::string_view data) {
    json::Walker walker;
    const bool whole = scan_text(walker, data, [&](std::string_view key, json::ondemand::value value) {
      json_type type{};
      if (value.type().get(type) != simdjson::SUCCESS) return false;
      if (key == "usage") has_usage = type == json_type::object;
      if (key == "choices" && type == json_type::array) {
        scan_array(value, [&](json::ondemand::value) { return has_choices = true; });
      }
      return true;
    });
    has_usage = has_usage && whole;
  };
  parser.feed(event, look);
  parser.finish(look);
  return has_usage && !has_choices;
}

}  // namespace

UsageWish usage_wish(Operation operation, std::string_view body) {
  const auto wish = read_wish(operation, body);
  if (!wish) return UsageWish::kNotApplicable;
  return wish->is_asked ? UsageWish::kAsked : UsageWish::kNotAsked;
}

std::optional<std::string> with_usage_asked(Operation operation, std::string_view body) {
  const auto wish = read_wish(operation, body);
  if (!wish || wish->is_asked) return {};
  std::string out(body);
  if (wish->usage > 0) {
    out.replace(wish->usage, wish->usage_size, "true");
  } else if (wish->options > 0) {
    out.insert(wish->options, wish->options_empty ? R"("include_usage":true)" : R"("include_usage":true,)");
  } else if (wish->null_options > 0) {
    out.replace(wish->null_options, std::string_view("null").size(), R"({"include_usage":true})");
  } else {
    out.insert(wish->root, R"("stream_options":{"include_usage":true},)");
  }
  return out;
}

void UsageFilter::filter(std::string_view piece, std::string& out) {
  while (!piece.empty()) {
    if (after_cr_ && piece.front() == '\n') {
      add(piece.substr(0, 1), out);
      piece.remove_prefix(1);
    }
    after_cr_ = false;
    const size_t end = std::min(find_line_end(piece), piece.size());
    if (end > 0) {
      between_ = false;
      line_empty_ = false;
    }
    const bool is_line = end < piece.size();
    add(piece.substr(0, is_line ? end + 1 : end), out);
    if (!is_line) return;
    after_cr_ = piece[end] == '\r';
    piece.remove_prefix(end + 1);
    if (std::exchange(line_empty_, true)) end_event(out);
  }
}

void UsageFilter::add(std::string_view bytes, std::string& out) {
  if (between_) {
    // The rest of an empty line, or another one: belongs to the event before.
    if (!dropped_) out += bytes;
  } else if (passing_) {
    out += bytes;
  } else {
    held_ += bytes;
    if (held_.size() <= kMaxHeld) return;
    passing_ = true;
    out += held_;
    held_.clear();
  }
}

void UsageFilter::end_event(std::string& out) {
  if (between_) return;
  dropped_ = !passing_ && is_usage(held_);
  if (!dropped_) out += held_;
  held_.clear();
  passing_ = false;
  between_ = true;
}

void UsageFilter::finish(std::string& out) {
  if (!between_ && !is_usage(held_)) out += held_;
  held_.clear();
}

}  // namespace gleaner::gateway::exchange
