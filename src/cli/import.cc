// Files of other collectors and tools. A file is JSONL, a JSON array, or one JSON object, plain or compressed; a folder
// is every such file below it.
#include <algorithm>
#include <filesystem>
#include <map>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "base/line_reader.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "cli/record_writer.h"

namespace gleaner::cli {
namespace {

namespace fs = std::filesystem;

// A JSON array or a single object has to be read whole.
constexpr size_t kMaxWholeFile = size_t{512} << 20;

// How much is held for joining at most; what comes after it is joined by itself.
constexpr size_t kMaxHeld = size_t{64} << 20;

struct Options {
  std::vector<std::string> files;
  std::string format = "auto";
  std::string platform;
};

// What there is to read behind `path`, in the order of names.
Result<std::vector<std::string>> files_of(const std::string& path) {
  if (path == "-" || !fs::is_directory(path)) return std::vector<std::string>{path};
  std::vector<std::string> files;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(path, error)) {
    const std::string name = entry.path().filename().string();
    const bool json = name.ends_with(".json") || name.ends_with(".jsonl") || name.ends_with(".json.gz") ||
                      name.ends_with(".jsonl.gz") || name.ends_with(".json.zst") || name.ends_with(".jsonl.zst");
    if (entry.is_regular_file(error) && json) files.push_back(entry.path().string());
  }
  if (error) return fail(Code::kUnavailable, fmt::format("{}: {}", path, error.message()));
  std::ranges::sort(files);
  return files;
}

class Import {
 public:
  Import(const Context& context, const Options& options, RecordWriter& writer)
      : max_record_bytes_(static_cast<size_t>(context.config.max_record_bytes)), options_(options), writer_(writer) {}

  // Every file of a folder, or the one file.
  Status path(const std::string& path) {
    TRY_ASSIGN(const std::vector<std::string> files, files_of(path));
    in_folder_ = path != "-" && fs::is_directory(path);
    for (const std::string& one : files) TRY(file(one));
    return release(/*all=*/false);
  }

  // After the last path.
  Status finish() { return release(/*all=*/true); }

 private:
  // Of one shape, until it is joined.
  struct Held {
    std::vector<json::Value> values;
    size_t bytes = 0;
    bool was_full = false;
  };

  Status file(const std::string& path) {
    TRY_ASSIGN(const std::unique_ptr<LineReader> reader, LineReader::open(path, max_record_bytes_));
    Progress progress(path == "-" ? "importing" : fs::path(path).filename().string());
    LineReader::Line line;
    bool first = true;
    while (true) {
      TRY_ASSIGN(const bool more, reader->next(line));
      if (!more) return {};
      const std::string_view text = trim(line.text);
      if (text.empty()) continue;
      // An array, or an object that goes on in the next line, is no line of JSONL.
      if (std::exchange(first, false) && !line.too_long && (text.starts_with('[') || text == "{"))
        return whole(*reader, std::string(text));
      if (line.too_long) {
        ++writer_.counts().read;
        TRY(writer_.reject({Code::kTooLarge, fmt::format("the line is over the limit of {} bytes (max_record_bytes)",
                                                         max_record_bytes_)},
                           text));
      } else {
        TRY(element(text));
      }
      progress.update(reader->bytes_read(), reader->bytes_total(), writer_.counts().read);
    }
  }

  Status whole(LineReader& reader, std::string start) {
    TRY_ASSIGN(const std::string rest, reader.rest(kMaxWholeFile));
    constexpr size_t kReadableBehind = 64;
    start.reserve(start.size() + 1 + rest.size() + kReadableBehind);
    start.append("\n").append(rest);
    if (start.starts_with('{')) return element(start);
    TRY_ASSIGN(const std::vector<std::string_view> elements, json::split_array(start));
    for (const std::string_view one : elements) TRY(element(one));
    return {};
  }

  Status element(std::string_view text) {
    ++writer_.counts().read;
    auto value = json::parse(text);
    if (!value) return writer_.reject(value.error(), text);
    const gateway::Shape* shape =
        options_.format == "auto" ? gateway::recognise(*value) : gateway::find_shape(options_.format);
    if (shape != nullptr && shape->join != nullptr && (in_folder_ || shape->joins_all)) {
      return hold(*shape, *std::move(value), text.size());
    }
    return convert(*value, shape, text);
  }

  // The parts of an agent's turn or of a trace lie in files of their own; they are held until these are through.
  Status hold(const gateway::Shape& shape, json::Value value, size_t bytes) {
    Held& held = held_[&shape];
    held.values.push_back(std::move(value));
    held.bytes += bytes;
    if (held.bytes <= kMaxHeld) return {};
    if (!std::exchange(held.was_full, true)) {
      fmt::print(stderr, "gleaner: more than {} to be joined; what comes later is joined by itself\n",
                 display_bytes(kMaxHeld));
    }
    return release(shape, held);
  }

  // `all`: also of shapes that join whatever one import reads.
  Status release(bool all) {
    for (auto& [shape, held] : held_) {
      if (all || !shape->joins_all) TRY(release(*shape, held));
    }
    return {};
  }

  Status release(const gateway::Shape& shape, Held& held) {
    held.bytes = 0;
    for (const json::Value& value : shape.join(std::exchange(held.values, {}))) {
      TRY(convert(value, &shape, value.dump()));
    }
    return {};
  }

  Status convert(const json::Value& value, const gateway::Shape* shape, std::string_view text) {
    const bool known = shape != nullptr;
    // What looks like nothing we know is most likely meant to be ours; the error then says what is wrong with it.
    if (!known) shape = gateway::find_shape("gleaner");
    auto records = shape->convert(value, decoder_);
    if (!records) {
      const std::string_view hint = known ? "" : "no known shape (--format names one); as ";
      return writer_.reject({records.error().code, fmt::format("{}{}: {}", hint, shape->name, records.error().message)},
                            text);
    }
    for (gateway::Record& record : *records) {
      if (auto* const interaction = std::get_if<record::Interaction>(&record);
          interaction != nullptr && !options_.platform.empty()) {
        interaction->platform = options_.platform;
      }
      TRY(writer_.add(std::move(record)));
    }
    return {};
  }

  const size_t max_record_bytes_;
  const Options& options_;
  RecordWriter& writer_;
  record::Decoder decoder_;
  bool in_folder_ = false;
  std::map<const gateway::Shape*, Held> held_;
};

Result<int> import(const Context& context, const Options& options) {
  if (options.format != "auto" && gateway::find_shape(options.format) == nullptr) {
    std::string names = "auto";
    for (const gateway::Shape& shape : gateway::shapes()) names += fmt::format(", {}", shape.name);
    return fail(Code::kInvalidArgument, fmt::format("--format: expected one of {}; got \"{}\"", names, options.format));
  }
  TRY_ASSIGN(const OpenStore open, context.open_store());
  TRY_ASSIGN(store::Project project, open.registry->project(context.project));
  TRY_ASSIGN(const std::unique_ptr<intake::Rulebook> rulebook, intake::Rulebook::make(context.config));
  RecordWriter writer(context.services, *open.store, *rulebook, std::move(project));
  Import run(context, options, writer);
  for (const std::string& path : options.files) TRY(run.path(path));
  TRY(run.finish());
  TRY(writer.flush());
  const WriteCounts& counts = writer.counts();
  if (context.json) {
    std::string out;
    json::Writer(out)
        .begin_object()
        .field("read", counts.read)
        .field("stored", counts.stored)
        .field("duplicates", counts.duplicates)
        .field("rejected", counts.rejected)
        .end_object();
    fmt::print("{}\n", out);
  } else {
    fmt::print("{} read: {} records stored, {} stored before, {} rejected\n", display_count(counts.read),
               display_count(counts.stored), display_count(counts.duplicates), display_count(counts.rejected));
    if (counts.rejected > 0) fmt::print("`gleaner rejects` shows why\n");
  }
  return counts.rejected > 0 ? kSomeRejected : kDone;
}

}  // namespace

void add_import(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  std::string examples =
      "  gleaner import chat_logs.jsonl --platform web\n  zcat *.jsonl.gz | gleaner import -\n"
      "  gleaner import data/gepeto_training --format agent\n\nFormats:\n  auto         told by the fields of each "
      "element\n";
  for (const gateway::Shape& shape : gateway::shapes())
    examples += fmt::format("  {:<12} {}\n", shape.name, shape.description);
  CLI::App* const command = add_command(app, context, "import", "Read files of other collectors and tools", examples,
                                        [&context, options] { return import(context, *options); });
  command->add_option("files", options->files, "files or folders; - for standard input")->required();
  command->add_option("--format", options->format, "shape of the file (default: auto)");
  command->add_option("--platform", options->platform, "platform of every interaction, instead of what the file says");
}

}  // namespace gleaner::cli
