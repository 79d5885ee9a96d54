#include "gateway/exchange/content_decoder.h"

#include <algorithm>
#include <array>

#include <brotli/decode.h>
#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

#include "base/text.h"

namespace gleaner::gateway::exchange {

// One encoding on its way. Output comes in steps into a buffer of the caller's.
class ContentDecoder::Stage {
 public:
  Stage() = default;
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;
  virtual ~Stage() = default;
  // Takes from the front of `in` and writes to `out`; how many bytes it wrote. To be called until nothing is taken and
  // nothing written.
  virtual Result<size_t> step(std::string_view& in, char* out, size_t room) = 0;
};

namespace {

std::unexpected<Error> damaged(std::string_view encoding) {
  return fail(Code::kInvalidArgument, fmt::format("{}: the body is damaged", encoding));
}

// gzip, and deflate: which is zlib by RFC 9110, and raw in some servers.
class Zlib final : public ContentDecoder::Stage {
 public:
  enum class Format : uint8_t { kGzip, kDeflate };
  explicit Zlib(Format format) : format_(format) {}
  ~Zlib() override {
    if (started_) inflateEnd(&stream_);
  }

  Result<size_t> step(std::string_view& in, char* out, size_t room) override {
    if (in.empty() && (!started_ || ended_)) return 0;
    if (ended_) {
      // Another member, of gzip; anything else behind the end is passed over, as clients do.
      again_ = again_ && format_ == Format::kGzip && static_cast<unsigned char>(in.front()) == 0x1f;
      if (!again_) {
        in = {};
        return 0;
      }
      inflateReset(&stream_);
      ended_ = false;
    }
    if (!started_ && !start(in.front())) return fail(Code::kInternal, "zlib: cannot start");
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    stream_.avail_in = static_cast<uInt>(std::min<size_t>(in.size(), 1U << 30));
    const uInt given = stream_.avail_in;
    stream_.next_out = reinterpret_cast<Bytef*>(out);
    stream_.avail_out = static_cast<uInt>(room);
    const int code = inflate(&stream_, Z_SYNC_FLUSH);
    in.remove_prefix(given - stream_.avail_in);
    ended_ = code == Z_STREAM_END;
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) return damaged("gzip");
    return room - stream_.avail_out;
  }

 private:
  bool start(char first) {
    constexpr int kGzipBits = 15 + 16;
    constexpr int kZlibBits = 15;
    constexpr int kRawBits = -15;
    const bool has_zlib_head = (static_cast<unsigned char>(first) & 0x0f) == 8;
    const int bits = format_ == Format::kGzip ? kGzipBits : has_zlib_head ? kZlibBits : kRawBits;
    started_ = inflateInit2(&stream_, bits) == Z_OK;
    return started_;
  }

  Format format_;
  z_stream stream_{};
  bool started_ = false;
  bool ended_ = false;
  bool again_ = true;  // nothing stands between members so far
};

class Brotli final : public ContentDecoder::Stage {
 public:
  Result<size_t> step(std::string_view& in, char* out, size_t room) override {
    if (state_ == nullptr) return fail(Code::kInternal, "br: cannot start");
    size_t left = in.size();
    const auto* next = reinterpret_cast<const uint8_t*>(in.data());
    size_t free = room;
    auto* to = reinterpret_cast<uint8_t*>(out);
    const auto code = BrotliDecoderDecompressStream(state_.get(), &left, &next, &free, &to, nullptr);
    in.remove_prefix(in.size() - left);
    if (code == BROTLI_DECODER_RESULT_ERROR) return damaged("br");
    if (code == BROTLI_DECODER_RESULT_SUCCESS) in = {};
    return room - free;
  }

 private:
  std::unique_ptr<BrotliDecoderState, void (*)(BrotliDecoderState*)> state_{
      BrotliDecoderCreateInstance(nullptr, nullptr, nullptr), BrotliDecoderDestroyInstance};
};

class Zstd final : public ContentDecoder::Stage {
 public:
  Zstd() {
    // RFC 9659: no window above 8 MiB in content-encoding.
    if (context_ != nullptr) ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, 23);
  }

  Result<size_t> step(std::string_view& in, char* out, size_t room) override {
    if (context_ == nullptr) return fail(Code::kInternal, "zstd: cannot start");
    ZSTD_inBuffer from{in.data(), in.size(), 0};
    ZSTD_outBuffer to{out, room, 0};
    const size_t code = ZSTD_decompressStream(context_.get(), &to, &from);
    in.remove_prefix(from.pos);
    if (ZSTD_isError(code) != 0) return damaged("zstd");
    return to.pos;
  }

 private:
  std::unique_ptr<ZSTD_DCtx, size_t (*)(ZSTD_DCtx*)> context_{ZSTD_createDCtx(), ZSTD_freeDCtx};
};

std::unique_ptr<ContentDecoder::Stage> stage_of(std::string_view encoding) {
  if (encoding == "gzip" || encoding == "x-gzip") return std::make_unique<Zlib>(Zlib::Format::kGzip);
  if (encoding == "deflate") return std::make_unique<Zlib>(Zlib::Format::kDeflate);
  if (encoding == "br") return std::make_unique<Brotli>();
  if (encoding == "zstd") return std::make_unique<Zstd>();
  return nullptr;
}

}  // namespace

ContentDecoder::ContentDecoder() = default;
ContentDecoder::ContentDecoder(ContentDecoder&&) noexcept = default;
ContentDecoder& ContentDecoder::operator=(ContentDecoder&&) noexcept = default;
ContentDecoder::~ContentDecoder() = default;

Result<ContentDecoder> ContentDecoder::make(std::string_view content_encoding, size_t max_bytes) {
  constexpr size_t kMaxStages = 4;
  ContentDecoder decoder;
  decoder.left_ = max_bytes;
  while (!content_encoding.empty()) {
    const size_t comma = std::min(content_encoding.find(','), content_encoding.size());
    const std::string name = ascii_lower(trim(content_encoding.substr(0, comma)));
    content_encoding.remove_prefix(std::min(comma + 1, content_encoding.size()));
    if (name.empty() || name == "identity") continue;
    auto stage = stage_of(name);
    if (stage == nullptr || decoder.stages_.size() == kMaxStages) {
      return fail(
          Code::kInvalidArgument,
          fmt::format("content-encoding: expected gzip, deflate, br or zstd, got \"{}\"", excerpt(printable(name))));
    }
    // Listed in the order in which they were applied.
    decoder.stages_.insert(decoder.stages_.begin(), std::move(stage));
  }
  return decoder;
}

Status ContentDecoder::decode(std::string_view piece, std::string& out) {
  if (failed_) return fail(Code::kInvalidArgument, "the body was damaged before");
  const Status status = run(0, piece, out);
  failed_ = !status;
  return status;
}

Status ContentDecoder::run(size_t stage, std::string_view piece, std::string& out) {
  if (stage == stages_.size()) {
    if (piece.size() > left_) return fail(Code::kTooLarge, "the decoded body is over the limit");
    left_ -= piece.size();
    out += piece;
    return {};
  }
  std::array<char, size_t{16} << 10> buffer;
  while (true) {
    const size_t before = piece.size();
    TRY_ASSIGN(const size_t made, stages_[stage]->step(piece, buffer.data(), buffer.size()));
    if (made > 0) TRY(run(stage + 1, {buffer.data(), made}, out));
    if (piece.empty() && made < buffer.size()) return {};
    if (made == 0 && piece.size() == before) return {};
  }
}

}  // namespace gleaner::gateway::exchange
