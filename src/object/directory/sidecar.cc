#include "object/directory/sidecar.h"

#include <algorithm>

#include "base/hash.h"
#include "base/json.h"

namespace gleaner::object {
namespace {

constexpr int kVersion = 1;
constexpr size_t kMaxBytes = size_t{64} << 10;
constexpr size_t kBlockBytes = size_t{1} << 20;
constexpr size_t kFoldBytes = size_t{32} << 10;
constexpr size_t kEtagDigits = 32;

void encode_entry(json::Writer& writer, const SidecarEntry& entry) {
  writer.begin_object();
  writer.field("size", entry.stamp.size).field("modified_ns", entry.stamp.modified_ns);
  writer.field("etag", entry.etag).field("content_type", entry.content_type);
  writer.key("metadata").begin_object();
  for (const auto& [name, value] : entry.metadata) writer.field(name, value);
  writer.end_object().end_object();
}

bool decode_entry(const json::Value& value, SidecarEntry& entry) {
  const json::Value* const size = value.find("size");
  const json::Value* const modified = value.find("modified_ns");
  const auto etag = value.find_string("etag");
  const auto type = value.find_string("content_type");
  const json::Value* const metadata = value.find("metadata");
  if (size == nullptr || modified == nullptr || !etag || !type || metadata == nullptr) return false;
  const auto bytes = size->as_integer();
  const auto ns = modified->as_integer();
  if (!bytes || *bytes < 0 || !ns || !metadata->is_object()) return false;
  entry = {{static_cast<uint64_t>(*bytes), *ns}, std::string(*etag), std::string(*type), {}};
  for (const auto& [name, text] : metadata->members()) entry.metadata[name] = text.text();
  return true;
}

std::string_view view(const Sha256& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace

std::string encode_sidecar(const std::vector<SidecarEntry>& entries) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().field("version", kVersion).key("entries").begin_array();
  for (const SidecarEntry& entry : entries) encode_entry(writer, entry);
  writer.end_array().end_object();
  return out + "\n";
}

std::vector<SidecarEntry> decode_sidecar(std::string_view text) {
  std::vector<SidecarEntry> entries;
  const auto document = json::parse(text);
  if (!document) return entries;
  const json::Value* const version = document->find("version");
  const json::Value* const list = document->find("entries");
  if (version == nullptr || version->as_integer() != kVersion || list == nullptr) return entries;
  for (const json::Value& value : list->items()) {
    SidecarEntry entry;
    if (decode_entry(value, entry)) entries.push_back(std::move(entry));
  }
  return entries;
}

Result<std::vector<SidecarEntry>> read_sidecar(const std::string& path) {
  auto file = File::open(path);
  if (!file && file.error().code == Code::kNotFound) return std::vector<SidecarEntry>();
  if (!file) return std::unexpected(std::move(file).error());
  std::string text(kMaxBytes, '\0');
  TRY_ASSIGN(const size_t size, file->read(text.data(), text.size(), 0));
  return decode_sidecar(std::string_view(text).substr(0, size));
}

void EtagDigest::update(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t part = std::min(bytes.size(), kBlockBytes - block_.size());
    block_ += bytes.substr(0, part);
    bytes.remove_prefix(part);
    if (block_.size() == kBlockBytes) close_block();
  }
}

void EtagDigest::close_block() {
  digests_ += view(sha256(block_));
  block_.clear();
  // Bounded, however long the file is.
  if (digests_.size() >= kFoldBytes) digests_ = view(sha256(digests_));
}

std::string EtagDigest::finish() {
  if (!block_.empty()) close_block();
  return to_hex(sha256(digests_)).substr(0, kEtagDigits);
}

}  // namespace gleaner::object
