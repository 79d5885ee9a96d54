#include "dataset/held_out_files.h"

#include "archive/digest.h"
#include "base/json.h"
#include "base/line_reader.h"

namespace gleaner::dataset {
namespace {

constexpr size_t kMaxLineBytes = size_t{64} << 20;

void add_text(std::string_view text, HeldOut::Builder& builder, HeldOutFile& file) {
  ++(builder.add(text) ? file.texts : file.ignored);
}

void add_strings(const json::Value& value, HeldOut::Builder& builder, HeldOutFile& file) {
  if (value.is_string()) add_text(value.text(), builder, file);
  for (const json::Value& item : value.items()) add_strings(item, builder, file);
  for (const auto& [name, member] : value.members()) add_strings(member, builder, file);
}

Status read_file(HeldOut::Builder& builder, HeldOutFile& file) {
  TRY_ASSIGN(const std::unique_ptr<LineReader> reader, LineReader::open(file.path, kMaxLineBytes));
  archive::Sha256Stream digest;
  LineReader::Line line;
  while (true) {
    TRY_ASSIGN(const bool more, reader->next(line));
    if (!more) break;
    if (line.too_long) return fail(Code::kTooLarge, "a line is longer than 64 MB");
    digest.add(line.text);
    digest.add("\n");
    const auto json = json::parse(line.text);
    if (json && !json->is_number()) {
      add_strings(*json, builder, file);
    } else {
      add_text(line.text, builder, file);
    }
  }
  file.sha256 = to_hex(digest.finish());
  return {};
}

}  // namespace

Result<HeldOutFiles> read_held_out(std::span<const std::string> paths) {
  HeldOutFiles out;
  if (paths.empty()) return out;
  TRY_ASSIGN(HeldOut::Builder builder, HeldOut::Builder::create({}));
  for (const std::string& path : paths) {
    HeldOutFile file{.path = path};
    if (Status read = read_file(builder, file); !read) return fail_in(path, std::move(read).error());
    out.files.push_back(std::move(file));
  }
  out.texts = builder.build();
  return out;
}

}  // namespace gleaner::dataset
