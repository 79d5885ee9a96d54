#include "archive/part_upload.h"

#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "archive/layout.h"

namespace gleaner::archive {
namespace {

// Objects that nobody recorded may stand where a new one would; their names are passed over.
constexpr int kMaxPassedOver = 1000;

constexpr size_t kPiece = size_t{1} << 20;

// A file without a name: nothing of it is left behind, whatever happens.
class Scratch {
 public:
  static Result<Scratch> open(const std::string& folder) {
    const int fd = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0) return fail(Code::kUnavailable, folder + ": " + std::generic_category().message(errno));
    return Scratch(fd);
  }
  Scratch(Scratch&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Scratch& operator=(Scratch&&) = delete;
  ~Scratch() {
    if (fd_ >= 0) ::close(fd_);
  }
  int fd() const { return fd_; }

 private:
  explicit Scratch(int fd) : fd_(fd) {}
  int fd_;
};

Status write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0)
      return fail(Code::kUnavailable, "the scratch file of the archive: " + std::generic_category().message(errno));
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return {};
}

std::string_view content_type_of(Codec codec) {
  switch (codec) {
    case Codec::kGzip:
      return "application/gzip";
    case Codec::kZstd:
      return "application/zstd";
    case Codec::kParquet:
      break;
  }
  return "application/vnd.apache.parquet";
}

object::Metadata metadata_of(const store::Part& part) {
  return {{"records", std::to_string(part.records)},
          {"signals", std::to_string(part.signals)},
          {"uncompressed-bytes", std::to_string(part.raw_bytes)},
          {"compressed-bytes", std::to_string(part.packed_bytes)},
          {"sha256", part.sha256},
          {"uncompressed-sha256", part.lines_sha256},
          {"schema-version", std::to_string(part.schema_version)}};
}

}  // namespace

void PartUpload::step(std::string_view name) {
  if (options_.on_step) options_.on_step(name);
}

Result<Manifest> PartUpload::write(const Place& place, const Fill& fill) {
  TRY_ASSIGN(const Scratch scratch, Scratch::open(options_.scratch));
  TRY_ASSIGN(const std::unique_ptr<PartWriter> writer,
             PartWriter::create(options_.part, [fd = scratch.fd()](std::string_view b) { return write_all(fd, b); }));
  TRY(fill(*writer));
  TRY_ASSIGN(const PartSummary summary, writer->finish());
  step("packed");
  Manifest written;
  written.totals = summary.totals;
  written.part = part_of(place.project, place.platform, place.day, place.first_number, format_of(options_.part.codec),
                         clock_.now(), summary);
  if (written.part.records == 0) return written;
  TRY(upload(scratch.fd(), written));
  step("uploaded");
  if (Status verified = verify(written); !verified) {
    take_back(written);
    return std::unexpected(std::move(verified).error());
  }
  step("verified");
  return written;
}

Status PartUpload::upload(int fd, Manifest& written) {
  store::Part& part = written.part;
  for (int passed_over = 0; passed_over < kMaxPassedOver; ++passed_over, ++part.number) {
    part.key = object_key(part.project, part.platform, part.day, part.number, part.format);
    object::PutOptions options;
    options.content_type = content_type_of(options_.part.codec);
    options.metadata = metadata_of(part);
    options.condition = object::Condition::if_absent();
    options.expected_size = static_cast<uint64_t>(part.packed_bytes);
    TRY_ASSIGN(const std::unique_ptr<object::ObjectWriter> writer, tiers_.objects.create(part.key, options));
    Status sent = send(fd, written, *writer);
    if (sent) return sent;
    if (sent.error().code != Code::kConflict) return fail_in(part.key, std::move(sent).error());
  }
  return fail(Code::kInternal, fmt::format("{}: too many objects that nobody recorded; see gleaner verify", part.key));
}

Status PartUpload::send(int fd, const Manifest& written, object::ObjectWriter& writer) {
  std::string piece(kPiece, '\0');
  for (off_t offset = 0; offset < written.part.packed_bytes;) {
    const ssize_t n = ::pread(fd, piece.data(), piece.size(), offset);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return fail(Code::kUnavailable, "the scratch file of the archive is shorter than it was written");
    TRY(writer.write(std::string_view(piece).substr(0, static_cast<size_t>(n))));
    offset += n;
  }
  TRY(writer.commit());
  return {};
}

Status PartUpload::verify(const Manifest& written) {
  TRY_ASSIGN(PartIndex index, PartIndex::decode(written.part.index));
  TRY_ASSIGN(const std::unique_ptr<PartReader> reader, open_part(tiers_, written.part, std::move(index)));
  Status same = reader->verify(written.totals, options_.part.threads);
  if (same) return same;
  return fail_in(written.part.key + " does not read back as it was written", std::move(same).error());
}

Status PartUpload::put_manifest(const Manifest& manifest) {
  object::PutOptions options;
  options.content_type = "application/json";
  TRY(tiers_.objects.put(manifest_key(manifest.part.key), encode_manifest(manifest), options));
  return {};
}

void PartUpload::take_back(const Manifest& manifest) {
  if (manifest.part.records == 0) return;
  static_cast<void>(tiers_.objects.erase(manifest.part.key));
  static_cast<void>(tiers_.objects.erase(manifest_key(manifest.part.key)));
}

}  // namespace gleaner::archive
