#include "dataset/build.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/hash.h"
#include "dataset/card.h"
#include "dataset/choose.h"
#include "dataset/example_text.h"
#include "dataset/held_out_files.h"
#include "dataset/split.h"
#include "dataset/version_writer.h"

namespace gleaner::dataset {
namespace {

constexpr size_t kProgressEvery = 1024;

class Builder {
 public:
  Builder(store::Store& store, BuildOptions options, std::string folder)
      : store_(store), options_(std::move(options)), folder_(std::move(folder)) {}

  Status run() {
    TRY_ASSIGN(held_out_, read_held_out(options_.recipe.held_out));
    TRY(gather_examples());
    progress("choosing", 0, gathered_.candidates.size());
    TRY_ASSIGN(chosen_, choose(gathered_, options_.recipe));
    if (chosen_.candidates.empty()) return nothing_left();
    splits_ = split(gathered_, chosen_.candidates, options_.recipe);
    return write();
  }

 private:
  void progress(std::string_view stage, uint64_t done, uint64_t total) const {
    if (options_.on_progress) options_.on_progress(stage, done, total);
  }

  Status gather_examples() {
    GatherOptions gathering{.project = options_.project, .scratch = folder_};
    WordReader reader = HeldOut::make_reader();
    if (held_out_.texts) {
      gathering.held_out = [&](std::string_view text) { return held_out_.texts->overlap(text, reader).hits > 0; };
    }
    gathering.on_progress = [this](const GatherReport& report, size_t) {
      progress("gathering", report.interactions, 0);
    };
    gathering.stop = options_.stop;
    TRY_ASSIGN(gathered_, gather(store_, options_.recipe, gathering));
    return {};
  }

  Status nothing_left() const {
    std::string why;
    for (const auto& [reason, count] : left_out()) why += fmt::format("; {}: {}", reason, count);
    return fail(Code::kNotFound,
                fmt::format("no example is left of {} interactions{}", gathered_.report.interactions, why));
  }

  std::map<std::string, uint64_t> left_out() const {
    std::map<std::string, uint64_t> all = gathered_.report.left_out;
    for (const auto& [reason, count] : chosen_.report.left_out) all[reason] += count;
    return all;
  }

  Status write() {
    TRY_ASSIGN(const std::unique_ptr<VersionWriter> writer,
               VersionWriter::create(folder_, options_.recipe, options_.duckdb));
    Example example;
    const size_t total = chosen_.candidates.size();
    for (size_t i = 0; i < total; ++i) {
      const Candidate& candidate = gathered_.candidates[chosen_.candidates[i]];
      TRY(gathered_.file->read(candidate.place, example));
      TRY(writer->add(example, splits_.of[i], candidate.tokens));
      if (i % kProgressEvery != 0) continue;
      progress("writing", i, total);
      if (options_.stop && options_.stop()) return fail(Code::kUnavailable, "stopped before all examples were written");
    }
    progress("writing", total, total);
    TRY_ASSIGN(Written written, writer->finish());
    return describe(written);
  }

  Status describe(Written& written) {
    Description about{.project = options_.project,
                      .name = options_.name,
                      .recipe = options_.recipe,
                      .held_out = held_out_.files,
                      .interactions = gathered_.report.interactions,
                      .examples = chosen_.candidates.size(),
                      .left_out = left_out(),
                      .personal_data = gathered_.report.personal_data,
                      .with_personal_data = gathered_.report.with_personal_data,
                      .clusters = chosen_.report.clusters,
                      .largest_cluster = chosen_.report.largest_cluster,
                      .groups = splits_.groups,
                      .largest_group = splits_.largest_group,
                      .leakage = leakage(gathered_, chosen_.candidates, splits_.of),
                      .shown_clusters = {},
                      .written = std::move(written)};
    Example example;
    for (const std::vector<size_t>& cluster : chosen_.report.examples) {
      std::vector<std::string> ids;
      for (const size_t i : cluster) {
        TRY(gathered_.file->read(gathered_.candidates[i].place, example));
        ids.push_back(example.interaction_ids.front());
      }
      about.shown_clusters.push_back(std::move(ids));
    }
    return write_description(folder_, std::move(about));
  }

  store::Store& store_;
  const BuildOptions options_;
  const std::string folder_;
  HeldOutFiles held_out_;
  Gathered gathered_;
  Chosen chosen_;
  Splits splits_;
};

}  // namespace

Result<VersionInfo> build(store::Store& store, const Versions& versions, const Clock& clock, BuildOptions options) {
  if (!options.recipe.as_of) options.recipe.as_of = clock.now();
  const std::string name = options.name;
  TRY_ASSIGN(Versions::Building building, versions.begin(name));
  TRY(Builder(store, std::move(options), building.folder()).run());
  std::string built;
  json::Writer(built).begin_object().field("built_at", format_time(clock.now())).end_object();
  TRY(write_file(building.folder(), "built.json", built + "\n"));
  return versions.publish(name, std::move(building));
}

}  // namespace gleaner::dataset
