#include <algorithm>
#include <array>
#include <cstring>
#include <new>

#include <fmt/format.h>
#include <zstd.h>

#include "archive/parquet/row_group.h"

namespace gleaner::archive::parquet {
namespace {

constexpr size_t kLengthBytes = 4;

struct ZstdFree {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

std::unexpected<Error> damaged(std::string_view what) {
  return fail(Code::kDataLoss, fmt::format("parquet: {}", what));
}

// The lines' page says of itself how many bytes it has with lengths and without line ends.
Result<RowGroupSize> size_of(const PageHeader& header) {
  constexpr uint64_t kMorePerRow = kLengthBytes - 1;
  if (header.values == 0 || header.raw_bytes < kLengthBytes * uint64_t{header.values})
    return damaged("the page of the lines does not say how large it is");
  return RowGroupSize{header.raw_bytes - kMorePerRow * header.values, header.values};
}

// A page is one frame that says how large it is.
Status check_frame(const Page& page) {
  const std::string_view packed = page.packed;
  const size_t frame = ZSTD_findFrameCompressedSize(packed.data(), packed.size());
  if (ZSTD_isError(frame) != 0 || frame != packed.size()) return damaged("a page is not one zstd frame");
  if (ZSTD_getFrameContentSize(packed.data(), packed.size()) != page.header.raw_bytes)
    return damaged("a page is not as large as its header says");
  return {};
}

std::string_view without_magic(std::string_view packed) {
  // No page begins like that.
  if (packed.starts_with(kMagic)) packed.remove_prefix(kMagic.size());
  return packed;
}

// Turns lengths and texts into lines as they come, in pieces of any size.
class Lines {
 public:
  Lines(char* out, size_t size) : out_(out), room_(size) {}

  Status take(std::string_view piece) {
    while (!piece.empty()) {
      if (length_bytes_ < kLengthBytes) {
        length_[length_bytes_++] = piece.front();
        piece.remove_prefix(1);
        if (length_bytes_ < kLengthBytes) continue;
        left_ = get_fixed32(length_.data());
        if (left_ >= room_) return damaged("a line is longer than all of them should be");
      }
      const std::string_view text = piece.substr(0, left_);
      if (std::memchr(text.data(), '\n', text.size()) != nullptr) return damaged("a line has a line end in it");
      put(text);
      piece.remove_prefix(text.size());
      left_ -= text.size();
      if (left_ > 0) continue;
      put("\n");
      length_bytes_ = 0;
      ++rows_;
    }
    return {};
  }

  // All of them, and nothing else.
  bool done(uint64_t rows) const { return room_ == 0 && length_bytes_ == 0 && rows_ == rows; }

 private:
  void put(std::string_view bytes) {
    std::memcpy(out_, bytes.data(), bytes.size());
    out_ += bytes.size();
    room_ -= bytes.size();
  }

  char* out_;
  size_t room_;
  std::array<char, kLengthBytes> length_{};
  size_t length_bytes_ = 0;
  size_t left_ = 0;  // of the line, once its length is there
  uint64_t rows_ = 0;
};

}  // namespace

struct RowGroupReader::State {
  std::unique_ptr<ZSTD_DCtx, ZstdFree> zstd;
  std::string piece;
};

RowGroupReader::RowGroupReader() : state_(std::make_unique<State>()) {
  state_->zstd.reset(ZSTD_createDCtx());
  if (!state_->zstd) throw std::bad_alloc();
  state_->piece.resize(ZSTD_DStreamOutSize());
}

RowGroupReader::~RowGroupReader() = default;

Status RowGroupReader::unpack_lines(const Page& page, char* out, size_t size) {
  Lines lines(out, size);
  ZSTD_DCtx* const zstd = state_->zstd.get();
  ZSTD_DCtx_reset(zstd, ZSTD_reset_session_only);
  ZSTD_inBuffer input{page.packed.data(), page.packed.size(), 0};
  size_t pending = 1;
  while (pending != 0) {
    ZSTD_outBuffer output{state_->piece.data(), state_->piece.size(), 0};
    const size_t before = input.pos;
    pending = ZSTD_decompressStream(zstd, &output, &input);
    if (ZSTD_isError(pending) != 0) return damaged(fmt::format("zstd: {}", ZSTD_getErrorName(pending)));
    if (pending != 0 && output.pos == 0 && input.pos == before) return damaged("a page makes no progress");
    TRY(lines.take({state_->piece.data(), output.pos}));
  }
  if (!lines.done(page.header.values)) return damaged("there are other lines than its header says");
  return {};
}

Status RowGroupReader::read(std::string_view packed, char* out, size_t size) {
  std::string_view rest = without_magic(packed);
  TRY_ASSIGN(const Page page, take_page(rest));
  TRY_ASSIGN(const RowGroupSize found, size_of(page.header));
  if (found.lines_bytes != size)
    return damaged(fmt::format("it holds {} bytes and should hold {}", found.lines_bytes, size));
  TRY(check_frame(page));
  while (rest.size() > footer_bytes(rest)) {
    TRY_ASSIGN(const Page column, take_page(rest));
    TRY(check_frame(column));
    if (column.header.values != found.rows) return damaged("a column has other rows than there are lines");
  }
  return unpack_lines(page, out, size);
}

Result<RowGroupSize> row_group_size(std::string_view packed) {
  std::string_view rest = without_magic(packed);
  TRY_ASSIGN(const Page page, take_page(rest));
  return size_of(page.header);
}

}  // namespace gleaner::archive::parquet
