#include "store/testing/archive_samples.h"

#include <algorithm>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/hash.h"
#include "record/codec.h"

namespace gleaner::store::samples {
namespace {

Part part_of(const std::string& project, const std::string& platform, int number) {
  Part part{.project = project, .platform = platform, .day = kDay, .number = number};
  part.key = fmt::format("{}/{}/2026-11-20.{}.jsonl.gz", project, platform, number);
  part.format = "jsonl.gz";
  part.sha256 = std::string(64, 'a');
  part.lines_sha256 = std::string(64, 'b');
  part.first = Time::max();
  part.last = Time::min();
  part.archived_at = parse_time("2026-12-01T03:00:00.125Z").value();
  part.schema_version = 1;
  part.index = std::string("index\0\xff of ", 11) + part.key;
  return part;
}

void count_in(Part& part, const Stored& stored) {
  const Time at = stored.interaction.created_at.value_or(Time{});
  const int64_t bytes = json_bytes(stored.interaction);
  part.records += 1;
  part.signals += std::ssize(stored.signals);
  part.raw_bytes += bytes;
  part.packed_bytes += bytes / 2;
  part.first = std::min(part.first, at);
  part.last = std::max(part.last, at);
}

}  // namespace

Write interaction(const std::string& id, const std::string& fields, const std::string& platform,
                  const std::string& day) {
  const std::string json =
      fmt::format(R"({{"id":"{}","platform":"{}","created_at":"{}T10:00:00.250Z","output":"answer to {}"{}{}}})", id,
                  platform, day, id, fields.empty() ? "" : ",", fields);
  auto decoded = record::Decoder().interaction(json);
  EXPECT_TRUE(decoded) << json << (decoded ? "" : decoded.error().message);
  return {"default", std::move(decoded).value(), keyed_hash64(0, json), false};
}

Write signal(const std::string& of, const std::string& id, const std::string& kind, const std::string& fields) {
  const std::string target = of.starts_with("item") ? "item_id" : "interaction_id";
  const std::string json = fmt::format(R"({{"id":"{}","kind":"{}","{}":"{}"{}{}}})", id, kind, target, of,
                                       fields.empty() ? "" : ",", fields);
  auto decoded = record::Decoder().signal(json);
  EXPECT_TRUE(decoded) << json << (decoded ? "" : decoded.error().message);
  decoded.value().created_at = parse_time("2026-11-22T09:00:00Z").value();
  return {"default", *std::move(decoded), keyed_hash64(0, json), false};
}

Write of_other_project(Write write) {
  write.project = "other";
  return write;
}

std::string text_of(const Stored& stored) {
  std::string out;
  record::encode(stored.interaction, out);
  out += fmt::format(" #{}\n", stored.content_hash);
  record::encode(stored.verdict, out);
  for (size_t i = 0; i < stored.signals.size(); ++i) {
    out += '\n';
    record::encode(stored.signals[i], out);
    out += fmt::format(" #{}", stored.signal_hashes.at(i));
  }
  return out;
}

Ids texts_of(const std::vector<Stored>& records) {
  Ids out;
  out.reserve(records.size());
  for (const Stored& one : records) out.push_back(text_of(one));
  return out;
}

Ids ids_of(const std::vector<Stored>& records) {
  Ids out;
  out.reserve(records.size());
  for (const Stored& one : records) out.push_back(one.interaction.id);
  return out;
}

Ids signal_ids(const std::vector<Write>& writes) {
  Ids out;
  out.reserve(writes.size());
  for (const Write& one : writes) out.push_back(std::get<record::Signal>(one.record).id);
  return out;
}

Ids texts_of(const std::vector<Part>& parts) {
  Ids out;
  for (const Part& p : parts) {
    out.push_back(fmt::format("{} {} {} {} {} {} {} {}/{} {}/{} {} {} {} {} {} {}", p.id, p.project, p.platform,
                              format_day(p.day), p.number, p.key, p.format, p.records, p.signals, p.raw_bytes,
                              p.packed_bytes, p.sha256, p.lines_sha256, to_ms(p.first), to_ms(p.last),
                              to_ms(p.archived_at), p.schema_version));
  }
  return out;
}

int64_t json_bytes(const record::Interaction& interaction) {
  std::string json;
  record::encode(interaction, json);
  return std::ssize(json);
}

int64_t json_bytes(const record::Signal& signal) {
  std::string json;
  record::encode(signal, json);
  return std::ssize(json);
}

std::vector<Part> parts_for(const std::vector<Stored>& records, const std::string& project, int number) {
  std::map<std::string, Part> parts;
  for (const Stored& one : records) {
    const std::string& platform = one.interaction.platform;
    count_in(parts.try_emplace(platform, part_of(project, platform, number)).first->second, one);
  }
  std::vector<Part> out;
  for (auto& [platform, part] : parts) out.push_back(std::move(part));
  return out;
}

std::map<std::string, Counters> without_place(const Totals& totals) {
  std::map<std::string, Counters> out;
  for (const auto& [platform, counters] : totals.by_platform) {
    out[platform] = counters;
    out[platform].stored_bytes = 0;
    out[platform].compressed = 0;
  }
  return out;
}

record::Verdict verdict_of(const std::vector<record::Signal>& signals) {
  record::Verdict verdict;
  for (const record::Signal& one : signals) verdict.fold(one, true);
  return verdict;
}

}  // namespace gleaner::store::samples
