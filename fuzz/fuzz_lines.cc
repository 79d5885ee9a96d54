// LineReader on a file of any kind: every byte of a plain file comes back in some line, long lines are cut and no more,
// and a compressed one ends in lines or in a clear error.
#include <sys/mman.h>
#include <unistd.h>

#include "base/line_reader.h"
#include "target.h"

using gleaner::fuzz::require;

namespace {

constexpr size_t kMaxLine = 64;
// What a small compressed file grows to is bounded by the reader's caller; here, by patience.
constexpr size_t kMaxLines = 20000;

bool is_compressed(std::string_view bytes) {
  return bytes.starts_with("\x1f\x8b") || bytes.starts_with("\x28\xb5\x2f\xfd");
}

// The next line of `rest`, without its end.
std::string_view take_line(std::string_view& rest) {
  const size_t end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return line;
}

void check_plain(gleaner::LineReader& reader, std::string_view rest) {
  if (rest.starts_with("\xef\xbb\xbf")) rest.remove_prefix(3);
  gleaner::LineReader::Line line;
  while (true) {
    const auto more = reader.next(line);
    require(more.has_value(), "a plain file has no errors");
    require(*more == !rest.empty(), "there are as many lines as there are");
    if (!*more) return;
    const std::string_view written = take_line(rest);
    const std::string_view expected = written.substr(0, written.size() - (written.ends_with('\r') ? 1 : 0));
    if (line.too_long) {
      require(written.size() > kMaxLine && written.starts_with(line.text), "only long lines are cut");
    } else {
      require(line.text == expected && expected.size() <= kMaxLine, "a line comes back as it was");
    }
  }
}

void check_compressed(gleaner::LineReader& reader) {
  gleaner::LineReader::Line line;
  for (size_t i = 0; i < kMaxLines; ++i) {
    const auto more = reader.next(line);
    if (!more) {
      require(more.error().code == gleaner::Code::kDataLoss, "a damaged file is told");
      return;
    }
    if (!*more) return;
    require(line.too_long || line.text.size() <= kMaxLine, "lines are bounded");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes = gleaner::fuzz::text_of(data, size);
  const int file = memfd_create("lines", MFD_CLOEXEC);
  require(file >= 0 && write(file, data, size) == static_cast<ssize_t>(size), "a file in memory can be made");
  const std::string path = "/proc/self/fd/" + std::to_string(file);
  const auto reader = gleaner::LineReader::open(path, kMaxLine);
  require(reader.has_value(), "the file opens");
  if (is_compressed(bytes)) {
    check_compressed(**reader);
  } else {
    check_plain(**reader, bytes);
  }
  close(file);
  return 0;
}
