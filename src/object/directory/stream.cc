#include "object/directory/stream.h"

#include <algorithm>
#include <utility>

#include "object/directory/sidecar.h"

namespace gleaner::object {
namespace {

class DirectoryWriter final : public ObjectWriter {
 public:
  DirectoryWriter(File file, PutInPlace put) : file_(std::move(file)), put_(std::move(put)) {}
  ~DirectoryWriter() override {
    if (!committed_) (void)unlink_file(file_.path());
  }

  Status write(std::string_view bytes) override {
    Status written = failed_ ? closed() : file_.append(bytes);
    failed_ = !written;
    if (written) digest_.update(bytes);
    return written;
  }

  Result<ObjectInfo> commit() override {
    if (failed_) return closed();
    failed_ = true;
    auto info = put_(file_, digest_.finish());
    committed_ = info.has_value();
    return info;
  }

 private:
  static std::unexpected<Error> closed() {
    return fail(Code::kInternal, "an object was written to after its commit or an error");
  }

  File file_;
  const PutInPlace put_;
  EtagDigest digest_;
  bool failed_ = false;
  bool committed_ = false;
};

class DirectoryReader final : public ObjectReader {
 public:
  DirectoryReader(File file, ObjectInfo info, Span span)
      : file_(std::move(file)), info_(std::move(info)), span_(span) {}

  const ObjectInfo& info() const override { return info_; }
  uint64_t length() const override { return span_.end - span_.begin; }

  Result<size_t> read(char* out, size_t size) override {
    const size_t wanted = static_cast<size_t>(std::min<uint64_t>(size, span_.end - span_.begin - done_));
    if (wanted == 0) return size_t{0};
    TRY_ASSIGN(const size_t got, file_.read(out, wanted, span_.begin + done_));
    if (got < wanted) return fail(Code::kDataLoss, info_.key + " ends before it should");
    done_ += got;
    return got;
  }

 private:
  const File file_;
  const ObjectInfo info_;
  const Span span_;
  uint64_t done_ = 0;
};

}  // namespace

std::unique_ptr<ObjectWriter> make_directory_writer(File file, PutInPlace put) {
  return std::make_unique<DirectoryWriter>(std::move(file), std::move(put));
}

std::unique_ptr<ObjectReader> make_directory_reader(File file, ObjectInfo info, Span span) {
  return std::make_unique<DirectoryReader>(std::move(file), std::move(info), span);
}

}  // namespace gleaner::object
