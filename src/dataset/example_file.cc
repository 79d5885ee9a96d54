#include "dataset/example_file.h"

#include <array>
#include <cstring>
#include <limits>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace gleaner::dataset {
namespace {

constexpr size_t kPendingBytes = size_t{1} << 20;

Error io_error() {
  return {Code::kUnavailable, "the file of examples under way: " + std::generic_category().message(errno)};
}

void put(std::string& out, std::string_view text) {
  const auto size = static_cast<uint32_t>(text.size());
  std::array<char, sizeof size> bytes{};
  std::memcpy(bytes.data(), &size, sizeof size);
  out.append(bytes.data(), bytes.size()).append(text);
}

bool take(std::string_view& rest, std::string& text) {
  uint32_t size = 0;
  if (rest.size() < sizeof size) return false;
  std::memcpy(&size, rest.data(), sizeof size);
  rest.remove_prefix(sizeof size);
  if (rest.size() < size) return false;
  text.assign(rest.substr(0, size));
  rest.remove_prefix(size);
  return true;
}

}  // namespace

Result<std::unique_ptr<ExampleFile>> ExampleFile::create(const std::string& folder) {
  const int fd = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0) return fail(Code::kUnavailable, folder + ": " + std::generic_category().message(errno));
  return std::unique_ptr<ExampleFile>(new ExampleFile(fd));
}

ExampleFile::~ExampleFile() {
  ::close(fd_);
}

Result<ExampleFile::Place> ExampleFile::append(const Example& example) {
  const size_t start = pending_.size();
  pending_ += static_cast<char>(example.task);
  pending_ += static_cast<char>(example.rule);
  pending_ += static_cast<char>((example.label ? 1 : 0) + (example.plain ? 2 : 0));
  pending_ += static_cast<char>(example.interaction_ids.size());
  for (const std::string& id : example.interaction_ids) put(pending_, id);
  for (const std::string* const text :
       {&example.prompt, &example.answer, &example.rejected, &example.tools, &example.metadata}) {
    put(pending_, *text);
  }
  const size_t bytes = pending_.size() - start;
  if (bytes > std::numeric_limits<uint32_t>::max()) {
    pending_.resize(start);
    return fail(Code::kTooLarge, "an example is larger than 4 GB");
  }
  const Place place{written_ + start, static_cast<uint32_t>(bytes)};
  if (pending_.size() >= kPendingBytes) TRY(flush());
  return place;
}

Status ExampleFile::flush() {
  for (size_t done = 0; done < pending_.size();) {
    const ssize_t n =
        ::pwrite(fd_, pending_.data() + done, pending_.size() - done, static_cast<off_t>(written_ + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::unexpected(io_error());
    done += static_cast<size_t>(n);
  }
  written_ += pending_.size();
  pending_.clear();
  return {};
}

Status ExampleFile::read(const Place& place, Example& example) {
  if (place.offset + place.bytes > written_) TRY(flush());
  buffer_.resize(place.bytes);
  for (size_t done = 0; done < buffer_.size();) {
    const ssize_t n =
        ::pread(fd_, buffer_.data() + done, buffer_.size() - done, static_cast<off_t>(place.offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::unexpected(io_error());
    if (n == 0) return fail(Code::kDataLoss, "the file of examples under way is shorter than it was written");
    done += static_cast<size_t>(n);
  }
  std::string_view rest = buffer_;
  example.task = static_cast<Task>(rest[0]);
  example.rule = static_cast<Rule>(rest[1]);
  example.label = (rest[2] & 1) != 0;
  example.plain = (rest[2] & 2) != 0;
  example.interaction_ids.resize(static_cast<unsigned char>(rest[3]));
  rest.remove_prefix(4);
  bool whole = true;
  for (std::string& id : example.interaction_ids) whole = whole && take(rest, id);
  for (std::string* const text :
       {&example.prompt, &example.answer, &example.rejected, &example.tools, &example.metadata}) {
    whole = whole && take(rest, *text);
  }
  return whole ? Status() : fail(Code::kDataLoss, "an example under way does not read back as it was written");
}

}  // namespace gleaner::dataset
