#include "archive/block_codec.h"

#include <algorithm>
#include <cassert>
#include <new>

#include <fmt/format.h>
#include <libdeflate.h>
#include <zlib.h>
#include <zstd.h>

#include "archive/parquet/row_group.h"

namespace gleaner::archive {
namespace {

constexpr size_t kStep = size_t{256} << 10;
// What the zstd command accepts without being told; a frame may ask for a window of gigabytes.
constexpr int kMaxWindowLog = 27;

struct DeflateFree {
  void operator()(libdeflate_compressor* compressor) const { libdeflate_free_compressor(compressor); }
  void operator()(libdeflate_decompressor* decompressor) const { libdeflate_free_decompressor(decompressor); }
};

struct ZstdFree {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

template <typename T>
T* allocated(T* pointer) {
  if (pointer == nullptr) throw std::bad_alloc();
  return pointer;
}

std::unexpected<Error> damaged(std::string_view what) {
  return fail(Code::kDataLoss, std::string(what));
}

}  // namespace

std::string_view codec_name(Codec codec) {
  switch (codec) {
    case Codec::kGzip:
      return "gzip";
    case Codec::kZstd:
      return "zstd";
    case Codec::kParquet:
      break;
  }
  return "parquet";
}

int default_level(Codec codec) {
  return codec == Codec::kGzip ? 9 : 3;
}

int max_level(Codec codec) {
  return codec == Codec::kGzip ? 12 : 19;
}

size_t default_block_bytes(Codec codec) {
  return size_t{codec == Codec::kParquet ? 4U : 1U} << 20;
}

struct BlockCompressor::State {
  std::unique_ptr<libdeflate_compressor, DeflateFree> gzip;
  std::unique_ptr<ZSTD_CCtx, ZstdFree> zstd;
};

BlockCompressor::BlockCompressor(Codec codec, int level) : state_(std::make_unique<State>()) {
  assert(codec != Codec::kParquet);
  if (codec == Codec::kGzip) {
    state_->gzip.reset(allocated(libdeflate_alloc_compressor(level)));
    return;
  }
  state_->zstd.reset(allocated(ZSTD_createCCtx()));
  ZSTD_CCtx_setParameter(state_->zstd.get(), ZSTD_c_compressionLevel, level);
  ZSTD_CCtx_setParameter(state_->zstd.get(), ZSTD_c_checksumFlag, 1);
}

BlockCompressor::~BlockCompressor() = default;

Status BlockCompressor::compress(std::string_view block, std::string& out) {
  if (state_->gzip) {
    out.resize(libdeflate_gzip_compress_bound(state_->gzip.get(), block.size()));
    const size_t size =
        libdeflate_gzip_compress(state_->gzip.get(), block.data(), block.size(), out.data(), out.size());
    if (size == 0) return fail(Code::kInternal, "libdeflate: the bound was too small");
    out.resize(size);
    return {};
  }
  out.resize(ZSTD_compressBound(block.size()));
  const size_t size = ZSTD_compress2(state_->zstd.get(), out.data(), out.size(), block.data(), block.size());
  if (ZSTD_isError(size) != 0) return fail(Code::kInternal, fmt::format("zstd: {}", ZSTD_getErrorName(size)));
  out.resize(size);
  return {};
}

struct BlockDecompressor::State {
  std::unique_ptr<libdeflate_decompressor, DeflateFree> gzip;
  std::unique_ptr<ZSTD_DCtx, ZstdFree> zstd;
  std::unique_ptr<parquet::RowGroupReader> parquet;
};

BlockDecompressor::BlockDecompressor(Codec codec) : state_(std::make_unique<State>()) {
  switch (codec) {
    case Codec::kGzip:
      state_->gzip.reset(allocated(libdeflate_alloc_decompressor()));
      break;
    case Codec::kZstd:
      state_->zstd.reset(allocated(ZSTD_createDCtx()));
      break;
    case Codec::kParquet:
      state_->parquet = std::make_unique<parquet::RowGroupReader>();
      break;
  }
}

BlockDecompressor::~BlockDecompressor() = default;

Status BlockDecompressor::decompress(std::string_view packed, char* out, size_t size) {
  if (state_->parquet) return state_->parquet->read(packed, out, size);
  if (state_->gzip) {
    size_t taken = 0;
    size_t made = 0;
    const libdeflate_result result =
        libdeflate_gzip_decompress_ex(state_->gzip.get(), packed.data(), packed.size(), out, size, &taken, &made);
    if (result == LIBDEFLATE_INSUFFICIENT_SPACE) return damaged("gzip: it holds more than it should");
    if (result != LIBDEFLATE_SUCCESS) return damaged("gzip: damaged or cut off");
    if (made != size) return damaged(fmt::format("gzip: it holds {} bytes and should hold {}", made, size));
    if (taken != packed.size()) return damaged("gzip: there are bytes behind its end");
    return {};
  }
  const size_t frame = ZSTD_findFrameCompressedSize(packed.data(), packed.size());
  if (ZSTD_isError(frame) != 0) return damaged(fmt::format("zstd: {}", ZSTD_getErrorName(frame)));
  if (frame != packed.size()) return damaged("zstd: there are bytes behind its end");
  const size_t made = ZSTD_decompressDCtx(state_->zstd.get(), out, size, packed.data(), packed.size());
  if (ZSTD_isError(made) != 0) return damaged(fmt::format("zstd: {}", ZSTD_getErrorName(made)));
  if (made != size) return damaged(fmt::format("zstd: it holds {} bytes and should hold {}", made, size));
  return {};
}

struct BlockScanner::State {
  ~State() {
    if (gzip) inflateEnd(&inflater);
  }
  bool gzip = false;
  z_stream inflater{};
  std::unique_ptr<ZSTD_DCtx, ZstdFree> zstd;
  bool inside = false;

  // One step: how much was taken and made, and whether the member or frame has ended.
  struct Step {
    size_t taken = 0;
    size_t made = 0;
    bool ended = false;
  };
  Result<Step> step(std::string_view in, char* out, size_t room);
};

Result<BlockScanner::State::Step> BlockScanner::State::step(std::string_view in, char* out, size_t room) {
  if (!gzip) {
    ZSTD_inBuffer input{in.data(), in.size(), 0};
    ZSTD_outBuffer output{out, room, 0};
    const size_t pending = ZSTD_decompressStream(zstd.get(), &output, &input);
    if (ZSTD_isError(pending) != 0) return damaged(fmt::format("zstd: {}", ZSTD_getErrorName(pending)));
    return Step{input.pos, output.pos, pending == 0};
  }
  inflater.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
  inflater.avail_in = static_cast<uInt>(in.size());
  inflater.next_out = reinterpret_cast<Bytef*>(out);
  inflater.avail_out = static_cast<uInt>(room);
  const int code = inflate(&inflater, Z_NO_FLUSH);
  if (code != Z_OK && code != Z_BUF_ERROR && code != Z_STREAM_END)
    return damaged(fmt::format("gzip: {}", inflater.msg != nullptr ? inflater.msg : "damaged"));
  if (code == Z_STREAM_END) inflateReset(&inflater);
  return Step{in.size() - inflater.avail_in, room - inflater.avail_out, code == Z_STREAM_END};
}

BlockScanner::BlockScanner(Codec codec) : state_(std::make_unique<State>()) {
  assert(codec != Codec::kParquet);
  if (codec == Codec::kZstd) {
    state_->zstd.reset(allocated(ZSTD_createDCtx()));
    ZSTD_DCtx_setParameter(state_->zstd.get(), ZSTD_d_windowLogMax, kMaxWindowLog);
    return;
  }
  constexpr int kGzipOnly = 15 + 16;
  if (inflateInit2(&state_->inflater, kGzipOnly) != Z_OK) throw std::bad_alloc();
  state_->gzip = true;
}

BlockScanner::~BlockScanner() = default;

bool BlockScanner::inside() const {
  return state_->inside;
}

Result<bool> BlockScanner::feed(std::string_view& bytes, std::string& out, size_t limit) {
  size_t used = out.size();
  // After the last input there can still be output, until a step leaves room.
  bool room_left = bytes.empty();
  while (!bytes.empty() || !room_left) {
    // One byte past the limit, so that going over it is seen.
    const size_t room = std::min(kStep, limit + 1 - used);
    out.resize(used + room);
    const std::string_view piece = bytes.substr(0, kStep);
    auto step = state_->step(piece, out.data() + used, room);
    if (!step) {
      out.resize(used);
      return std::unexpected(std::move(step).error());
    }
    state_->inside = !step->ended;
    bytes.remove_prefix(step->taken);
    used += step->made;
    room_left = step->made < room;
    out.resize(used);
    if (used > limit) return damaged(fmt::format("it holds more than {} bytes", limit));
    if (step->ended) return true;
    if (step->taken == 0 && step->made == 0 && !piece.empty()) return damaged("it makes no progress");
  }
  return false;
}

}  // namespace gleaner::archive
