#include "base/line_reader.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

namespace gleaner {
namespace {

constexpr size_t kBlock = size_t{256} << 10;
constexpr size_t kByteOrderMark = 3;  // bytes

}  // namespace

// Where the bytes come from: the file, and the decoder between it and the lines.
struct LineReader::Source {
  enum class Encoding { kPlain, kGzip, kZstd };

  Source(const std::string& path, std::FILE* opened) : name(path), file(opened) {}
  ~Source() {
    if (encoding == Encoding::kGzip) inflateEnd(&gzip);
    if (zstd != nullptr) ZSTD_freeDCtx(zstd);
    if (file != stdin) std::fclose(file);
  }
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  // Refills `input`; false at the end of the file.
  Result<bool> read_input() {
    input.resize(kBlock);
    const size_t got = std::fread(input.data(), 1, input.size(), file);
    if (got == 0 && std::ferror(file) != 0) {
      return fail(Code::kUnavailable, fmt::format("{}: {}", name, std::strerror(errno)));
    }
    input.resize(got);
    input_pos = 0;
    consumed += got;
    return got > 0;
  }

  Status start() {
    TRY(read_input());
    if (input.starts_with("\x1f\x8b")) {
      constexpr int kGzipOnly = 15 + 16;
      if (inflateInit2(&gzip, kGzipOnly) != Z_OK) return fail(Code::kInternal, "zlib: cannot start");
      encoding = Encoding::kGzip;
    } else if (input.starts_with("\x28\xb5\x2f\xfd")) {
      zstd = ZSTD_createDCtx();
      encoding = Encoding::kZstd;
    } else if (input.starts_with("\xef\xbb\xbf")) {
      input_pos = kByteOrderMark;
      byte_order_mark = true;
    }
    return {};
  }

  // Appends the next decoded bytes to `out`; false at the end.
  Result<bool> append(std::string& out) {
    while (true) {
      if (input_pos == input.size()) {
        TRY_ASSIGN(const bool more, read_input());
        if (!more) return finish();
      }
      const size_t before = out.size();
      switch (encoding) {
        case Encoding::kPlain:
          out.append(input, input_pos, std::string::npos);
          input_pos = input.size();
          break;
        case Encoding::kGzip:
          TRY(append_gzip(out));
          break;
        case Encoding::kZstd:
          TRY(append_zstd(out));
          break;
      }
      if (out.size() > before) return true;
    }
  }

  Result<bool> finish() const {
    if (mid_stream) return fail(Code::kDataLoss, fmt::format("{}: the compressed file is cut off", name));
    return false;
  }

  Status append_gzip(std::string& out) {
    const size_t used = out.size();
    out.resize(used + kBlock);
    gzip.next_in = reinterpret_cast<Bytef*>(input.data() + input_pos);
    gzip.avail_in = static_cast<uInt>(input.size() - input_pos);
    gzip.next_out = reinterpret_cast<Bytef*>(out.data() + used);
    gzip.avail_out = kBlock;
    const int code = inflate(&gzip, Z_NO_FLUSH);
    input_pos = input.size() - gzip.avail_in;
    out.resize(out.size() - gzip.avail_out);
    mid_stream = code != Z_STREAM_END;
    if (code == Z_STREAM_END) {
      inflateReset(&gzip);
    } else if (code != Z_OK && code != Z_BUF_ERROR) {
      return fail(Code::kDataLoss, fmt::format("{}: damaged gzip: {}", name, gzip.msg != nullptr ? gzip.msg : "?"));
    }
    return {};
  }

  Status append_zstd(std::string& out) {
    const size_t used = out.size();
    out.resize(used + kBlock);
    ZSTD_inBuffer in{input.data(), input.size(), input_pos};
    ZSTD_outBuffer step{out.data() + used, kBlock, 0};
    const size_t pending = ZSTD_decompressStream(zstd, &step, &in);
    input_pos = in.pos;
    out.resize(used + step.pos);
    mid_stream = pending != 0;
    if (ZSTD_isError(pending) != 0) {
      return fail(Code::kDataLoss, fmt::format("{}: damaged zstd: {}", name, ZSTD_getErrorName(pending)));
    }
    return {};
  }

  std::string name;
  std::FILE* file;
  Encoding encoding = Encoding::kPlain;
  z_stream gzip{};
  ZSTD_DCtx* zstd = nullptr;
  bool mid_stream = false;
  bool byte_order_mark = false;
  std::string input;
  size_t input_pos = 0;
  uint64_t consumed = 0;
  uint64_t total = 0;
};

LineReader::LineReader(std::unique_ptr<Source> source, size_t max_line_bytes)
    : source_(std::move(source)), max_line_bytes_(max_line_bytes) {
  if (source_->byte_order_mark) buffer_offset_ = kByteOrderMark;
}
LineReader::~LineReader() = default;

Result<std::unique_ptr<LineReader>> LineReader::open(const std::string& path, size_t max_line_bytes) {
  std::FILE* const file = path == "-" ? stdin : std::fopen(path.c_str(), "rb");
  if (file == nullptr) return fail(Code::kNotFound, fmt::format("{}: {}", path, std::strerror(errno)));
  auto source = std::make_unique<Source>(path, file);
  struct stat info{};
  if (fstat(fileno(file), &info) == 0 && S_ISREG(info.st_mode)) source->total = static_cast<uint64_t>(info.st_size);
  TRY(source->start());
  return std::unique_ptr<LineReader>(new LineReader(std::move(source), max_line_bytes));
}

Result<bool> LineReader::fill() {
  if (start_ > 0) {
    buffer_.erase(0, start_);
    buffer_offset_ += start_;
    start_ = 0;
  }
  if (at_end_) return false;
  TRY_ASSIGN(const bool more, source_->append(buffer_));
  at_end_ = !more;
  return more;
}

Result<bool> LineReader::next(Line& line) {
  size_t searched = start_;
  line.too_long = false;
  line.offset = buffer_offset_ + start_;
  while (true) {
    const size_t end = buffer_.find('\n', searched);
    if (end != std::string::npos) {
      line.text = std::string_view(buffer_).substr(start_, end - start_);
      start_ = end + 1;
      break;
    }
    if (buffer_.size() - start_ > max_line_bytes_) return skip_long_line(line);
    searched = buffer_.size() - start_;
    TRY_ASSIGN(const bool more, fill());
    if (more) continue;
    if (buffer_.empty()) return false;
    line.text = buffer_;
    start_ = buffer_.size();
    break;
  }
  if (line.text.ends_with('\r')) line.text.remove_suffix(1);
  if (line.text.size() > max_line_bytes_) line.too_long = true;
  return true;
}

Result<bool> LineReader::skip_long_line(Line& line) {
  constexpr size_t kKept = 4096;
  long_line_ = buffer_.substr(start_, kKept);
  line.text = long_line_;
  line.too_long = true;
  start_ = buffer_.size();
  while (true) {
    TRY_ASSIGN(const bool more, fill());
    if (!more) return true;
    const size_t end = buffer_.find('\n');
    start_ = end == std::string::npos ? buffer_.size() : end + 1;
    if (end != std::string::npos) return true;
  }
}

Result<std::string> LineReader::rest(size_t limit) {
  while (true) {
    TRY_ASSIGN(const bool more, fill());
    if (buffer_.size() > limit) {
      return fail(Code::kTooLarge, fmt::format("{}: over the limit of {} bytes", source_->name, limit));
    }
    if (!more) break;
  }
  start_ = buffer_.size();
  return buffer_;
}

bool LineReader::byte_order_mark() const {
  return source_->byte_order_mark;
}

bool LineReader::compressed() const {
  return source_->encoding != Source::Encoding::kPlain;
}

uint64_t LineReader::bytes_read() const {
  return source_->consumed;
}

uint64_t LineReader::bytes_total() const {
  return source_->total;
}

}  // namespace gleaner
