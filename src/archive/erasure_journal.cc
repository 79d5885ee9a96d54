#include "archive/erasure_journal.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/json.h"

namespace gleaner::archive {
namespace {

namespace fs = std::filesystem;
using Kind = ErasureRequest::Kind;

constexpr std::array<std::pair<Kind, std::string_view>, 3> kKinds = {
    {{Kind::kInteraction, "interaction"}, {Kind::kUser, "user"}, {Kind::kProject, "project"}}};

constexpr std::string_view kSuffix = ".jsonl";

std::string text_of(const json::Value& value, std::string_view name) {
  return std::string(value.find_string(name).value_or(""));
}

int64_t number_of(const json::Value& value, std::string_view name) {
  const json::Value* const member = value.find(name);
  return member != nullptr ? member->as_integer().value_or(0) : 0;
}

void write_request(const ErasureRequest& request, json::Writer& w) {
  w.field("kind", kind_name(request.kind)).field("project", request.project).key("subjects").begin_array();
  for (const std::string& subject : request.subjects) w.string(subject);
  w.end_array();
}

void write_removal(const Removal& removal, json::Writer& w) {
  const auto text = [&w](const char* name, const std::string& value) {
    if (!value.empty()) w.field(name, value);
  };
  const auto number = [&w](const char* name, int64_t value) {
    if (value != 0) w.field(name, value);
  };
  w.begin_object().field("where", removal.where);
  text("object", removal.object);
  number("interactions", removal.interactions);
  number("signals", removal.signals);
  number("rejects", removal.rejects);
  text("sha256_before", removal.sha256_before);
  text("sha256_after", removal.sha256_after);
  text("replaced_by", removal.replaced_by);
  number("versions", removal.versions);
  text("note", removal.note);
  w.end_object();
}

Removal read_removal(const json::Value& value) {
  Removal out;
  out.where = text_of(value, "where");
  out.object = text_of(value, "object");
  out.interactions = number_of(value, "interactions");
  out.signals = number_of(value, "signals");
  out.rejects = number_of(value, "rejects");
  out.sha256_before = text_of(value, "sha256_before");
  out.sha256_after = text_of(value, "sha256_after");
  out.replaced_by = text_of(value, "replaced_by");
  out.versions = number_of(value, "versions");
  out.note = text_of(value, "note");
  return out;
}

// One line; a last line that a crash cut off is none.
void read_line(const json::Value& line, Receipt& receipt, std::vector<Exchange>& exchanges) {
  if (const json::Value* const request = line.find("request")) {
    for (const auto& [kind, name] : kKinds) {
      if (text_of(*request, "kind") == name) receipt.request.kind = kind;
    }
    receipt.request.project = text_of(*request, "project");
    if (const json::Value* const subjects = request->find("subjects")) {
      for (const json::Value& subject : subjects->items()) receipt.request.subjects.push_back(subject.text());
    }
    receipt.started = parse_time(text_of(line, "started_at")).value_or(Time{});
  } else if (const json::Value* const removed = line.find("removed")) {
    receipt.removals.push_back(read_removal(*removed));
  } else if (const json::Value* const exchange = line.find("exchange")) {
    exchanges.push_back({text_of(*exchange, "old"), text_of(*exchange, "new")});
  } else if (const auto finished = line.find_string("finished_at")) {
    if (const auto time = parse_time(*finished)) receipt.finished = *time;
  }
}

std::unexpected<Error> failed(const std::string& path) {
  return fail(Code::kUnavailable, path + ": " + std::generic_category().message(errno));
}

std::vector<std::string> files(const std::string& folder) {
  std::vector<std::string> out;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() == kSuffix) out.push_back(entry.path());
  }
  std::ranges::sort(out);
  return out;
}

}  // namespace

class ErasureJournal::Lock {
 public:
  explicit Lock(int fd) : fd_(fd) {}
  ~Lock() { ::close(fd_); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  const int fd_;
};

Result<bool> ErasureJournal::lock() {
  const int fd = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return failed(path_);
  lock_ = std::make_shared<Lock>(fd);
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return true;
  if (errno == EWOULDBLOCK) return false;
  return failed(path_);
}

std::string_view kind_name(Kind kind) {
  for (const auto& [one, name] : kKinds) {
    if (one == kind) return name;
  }
  return "";
}

int64_t Receipt::interactions() const {
  int64_t sum = 0;
  for (const Removal& removal : removals) sum += removal.interactions;
  return sum;
}

int64_t Receipt::signals() const {
  int64_t sum = 0;
  for (const Removal& removal : removals) sum += removal.signals;
  return sum;
}

void write_json(const Receipt& receipt, std::string& out) {
  json::Writer w(out);
  w.begin_object().field("id", receipt.id);
  write_request(receipt.request, w);
  w.field("started_at", format_time(receipt.started)).field("complete", receipt.finished.has_value());
  if (receipt.finished) w.field("finished_at", format_time(*receipt.finished));
  w.field("interactions", receipt.interactions()).field("signals", receipt.signals()).key("removed").begin_array();
  for (const Removal& removal : receipt.removals) write_removal(removal, w);
  w.end_array().end_object();
}

Result<ErasureJournal> ErasureJournal::begin(const std::string& folder, const ErasureRequest& request, Time now) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return fail(Code::kUnavailable, folder + ": " + error.message());
  ErasureJournal journal;
  std::string id = format_time(now).substr(0, 19);
  std::ranges::replace(id, ':', '-');
  journal.receipt_.id = fmt::format("{}Z-{}", id, to_hex(random_bytes(4)));
  journal.receipt_.request = request;
  journal.receipt_.started = now;
  journal.path_ = fs::path(folder) / (journal.receipt_.id + std::string(kSuffix));
  std::string line;
  json::Writer w(line);
  w.begin_object().key("request").begin_object();
  write_request(request, w);
  w.end_object().field("started_at", format_time(now)).end_object();
  TRY(journal.lock());
  TRY(journal.append(line));
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return failed(folder);
  const bool synced = ::fsync(fd) == 0;
  ::close(fd);
  if (!synced) return failed(folder);
  return journal;
}

Result<ErasureJournal> ErasureJournal::read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return failed(path);
  ErasureJournal journal;
  journal.path_ = path;
  journal.receipt_.id = fs::path(path).stem();
  for (std::string line; std::getline(file, line);) {
    if (const auto value = json::parse(line)) read_line(*value, journal.receipt_, journal.exchanges_);
  }
  return journal;
}

Result<std::vector<ErasureJournal>> ErasureJournal::unfinished(const std::string& folder) {
  std::vector<ErasureJournal> out;
  for (const std::string& path : files(folder)) {
    TRY_ASSIGN(ErasureJournal journal, read(path));
    if (journal.receipt_.finished) continue;
    TRY_ASSIGN(const bool ours, journal.lock());
    if (!ours) continue;
    // Another process may have gone on with it before it let go.
    ErasureJournal now;
    TRY_ASSIGN(now, read(path));
    now.lock_ = std::move(journal.lock_);
    if (!now.receipt_.finished) out.push_back(std::move(now));
  }
  return out;
}

Result<std::vector<Receipt>> ErasureJournal::receipts(const std::string& folder) {
  std::vector<Receipt> out;
  for (const std::string& path : files(folder)) {
    TRY_ASSIGN(ErasureJournal journal, read(path));
    out.push_back(std::move(journal.receipt_));
  }
  return out;
}

// A line break in front too: what a crash cut off stays a line of its own.
Status ErasureJournal::append(const std::string& line) {
  const int fd = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return failed(path_);
  const std::string text = "\n" + line + "\n";
  const bool written = ::write(fd, text.data(), text.size()) == std::ssize(text) && ::fsync(fd) == 0;
  ::close(fd);
  return written ? Status() : failed(path_);
}

Status ErasureJournal::note(const Removal& removal) {
  std::string line;
  json::Writer w(line);
  w.begin_object().key("removed");
  write_removal(removal, w);
  w.end_object();
  TRY(append(line));
  receipt_.removals.push_back(removal);
  return {};
}

Status ErasureJournal::note(const Exchange& exchange) {
  std::string line;
  json::Writer w(line);
  w.begin_object().key("exchange").begin_object().field("old", exchange.old_key).field("new", exchange.new_key);
  w.end_object().end_object();
  TRY(append(line));
  exchanges_.push_back(exchange);
  return {};
}

Status ErasureJournal::finish(Time now) {
  std::string line;
  json::Writer w(line);
  w.begin_object().field("finished_at", format_time(now)).end_object();
  TRY(append(line));
  receipt_.finished = now;
  return {};
}

}  // namespace gleaner::archive
