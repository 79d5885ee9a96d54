#include "cli/record_writer.h"

namespace gleaner::cli {
namespace {

constexpr size_t kBatchRecords = 1000;
constexpr size_t kBatchBytes = size_t{4} << 20;

size_t text_bytes(const gateway::Record& record) {
  if (const auto* const i = std::get_if<record::Interaction>(&record)) {
    return i->messages.text.size() + i->output.text.size() + i->artifact.text.size() + i->trajectory.text.size() +
           i->metadata.text.size();
  }
  const auto& signal = std::get<record::Signal>(record);
  return signal.text.size() + signal.output.text.size();
}

}  // namespace

Status RecordWriter::add(gateway::Record record) {
  const size_t bytes = text_bytes(record);
  auto write = std::visit([this](auto& one) { return intake_.prepare(project_, std::move(one)); }, record);
  if (!write) return reject(write.error(), "");
  pending_.writes.push_back(*std::move(write));
  pending_.bytes += bytes;
  return flush_if_full();
}

Status RecordWriter::reject(const Error& error, std::string_view text) {
  ++counts_.rejected;
  pending_.rejects.push_back(intake_.reject(project_, error, text));
  return flush_if_full();
}

Status RecordWriter::flush_if_full() {
  const bool full = pending_.writes.size() >= kBatchRecords || pending_.bytes >= kBatchBytes ||
                    pending_.rejects.size() >= kBatchRecords;
  return full ? flush() : Status();
}

Status RecordWriter::flush() {
  if (pending_.writes.empty() && pending_.rejects.empty()) return {};
  TRY_ASSIGN(const std::vector<store::Outcome> outcomes, intake_.write(std::exchange(pending_, {})));
  for (const store::Outcome outcome : outcomes) {
    switch (outcome) {
      case store::Outcome::kStored:
      case store::Outcome::kSpooled:
        ++counts_.stored;
        break;
      case store::Outcome::kDuplicate:
        ++counts_.duplicates;
        break;
      case store::Outcome::kConflict:
        ++counts_.rejected;
        break;
    }
  }
  return {};
}

}  // namespace gleaner::cli
