#include "base/compress.h"

#include <algorithm>

#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

namespace gleaner {
namespace {

constexpr size_t kStep = size_t{256} << 10;

std::unexpected<Error> over_limit(size_t limit) {
  return fail(Code::kTooLarge, fmt::format("the decompressed content is over the limit of {} bytes", limit));
}

struct DctxFree {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

// Makes room for another step behind `used` bytes, never more than one byte past the limit.
void grow(std::string& out, size_t used, size_t limit) {
  if (used == out.size()) out.resize(std::min(limit + 1, std::max(used + kStep, used * 2)));
}

}  // namespace

struct ZstdCompressor::Context {
  std::unique_ptr<ZSTD_CCtx, size_t (*)(ZSTD_CCtx*)> cctx{ZSTD_createCCtx(), ZSTD_freeCCtx};
};

ZstdCompressor::ZstdCompressor(int level) : context_(std::make_unique<Context>()), level_(level) {}
ZstdCompressor::~ZstdCompressor() = default;

Status ZstdCompressor::compress(std::string_view input, std::string& out) {
  out.resize(ZSTD_compressBound(input.size()));
  const size_t size =
      ZSTD_compressCCtx(context_->cctx.get(), out.data(), out.size(), input.data(), input.size(), level_);
  if (ZSTD_isError(size) != 0) return fail(Code::kInternal, fmt::format("zstd: {}", ZSTD_getErrorName(size)));
  out.resize(size);
  return {};
}

Status zstd_decompress_exact(std::string_view input, size_t size, std::string& out) {
  thread_local const std::unique_ptr<ZSTD_DCtx, DctxFree> context(ZSTD_createDCtx());
  const size_t start = out.size();
  out.resize(start + size);
  const size_t got = ZSTD_decompressDCtx(context.get(), out.data() + start, size, input.data(), input.size());
  if (ZSTD_isError(got) != 0) return fail(Code::kDataLoss, fmt::format("zstd: {}", ZSTD_getErrorName(got)));
  if (got != size) return fail(Code::kDataLoss, fmt::format("zstd: expected {} bytes, got {}", size, got));
  return {};
}

Result<std::string> gzip_decompress(std::string_view input, size_t limit) {
  z_stream stream{};
  constexpr int kGzipOnly = 15 + 16;
  if (inflateInit2(&stream, kGzipOnly) != Z_OK) return fail(Code::kInternal, "zlib: cannot start");
  const std::unique_ptr<z_stream, int (*)(z_stream*)> end(&stream, inflateEnd);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
  stream.avail_in = static_cast<uInt>(input.size());
  std::string out;
  size_t used = 0;
  while (true) {
    grow(out, used, limit);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + used);
    stream.avail_out = static_cast<uInt>(out.size() - used);
    const int code = inflate(&stream, Z_NO_FLUSH);
    used = out.size() - stream.avail_out;
    if (used > limit) return over_limit(limit);
    if (code == Z_STREAM_END) {
      if (stream.avail_in == 0) break;
      if (inflateReset(&stream) != Z_OK) return fail(Code::kInternal, "zlib: cannot restart");
    } else if (code == Z_BUF_ERROR && stream.avail_out > 0) {
      return fail(Code::kInvalidArgument, "gzip: the stream is cut off");
    } else if (code != Z_OK && code != Z_BUF_ERROR) {
      return fail(Code::kInvalidArgument, fmt::format("gzip: {}", stream.msg != nullptr ? stream.msg : "damaged"));
    }
  }
  out.resize(used);
  return out;
}

Result<std::string> zstd_decompress(std::string_view input, size_t limit) {
  const std::unique_ptr<ZSTD_DCtx, DctxFree> context(ZSTD_createDCtx());
  // A frame may ask for a window of gigabytes; 27 is what the zstd command accepts without being told.
  ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, 27);
  ZSTD_inBuffer in{input.data(), input.size(), 0};
  std::string out;
  size_t used = 0;
  size_t pending = 1;
  while (in.pos < in.size || pending != 0) {
    grow(out, used, limit);
    ZSTD_outBuffer step{out.data(), out.size(), used};
    const size_t before = in.pos;
    pending = ZSTD_decompressStream(context.get(), &step, &in);
    if (ZSTD_isError(pending) != 0) {
      return fail(Code::kInvalidArgument, fmt::format("zstd: {}", ZSTD_getErrorName(pending)));
    }
    if (step.pos == used && in.pos == before && step.pos < step.size) {
      return fail(Code::kInvalidArgument, "zstd: the stream is cut off");
    }
    used = step.pos;
    if (used > limit) return over_limit(limit);
  }
  out.resize(used);
  return out;
}

}  // namespace gleaner
