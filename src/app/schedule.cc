#include "app/schedule.h"

#include <condition_variable>
#include <mutex>
#include <thread>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "app/open_store.h"
#include "archive/archive_job.h"
#include "base/text.h"

namespace gleaner::app {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// The wall clock may be set, so it is looked at again and again.
constexpr seconds kLookAtClock{1};
constexpr seconds kSettleEvery{5};
// After a run that failed, and an erasure that could not be gone on with.
constexpr minutes kTryAgain{10};

Result<seconds> time_of(const config::Config& config) {
  auto at = parse_time_of_day(config.archive_at);
  if (at) return at;
  const auto origin = config.origins.find("archive_at");
  return fail(Code::kInvalidArgument, fmt::format("archive_at: {} (from {})", at.error().message,
                                                  origin == config.origins.end() ? "the default" : origin->second));
}

class Worker final : public Schedule {
 public:
  Worker(const cli::OpenStore& open, const config::Config& config, const Clock& clock, seconds at)
      : open_(open), config_(config), clock_(clock), at_(at) {
    settler_ = std::thread([this] { settle(); });
    archiver_ = std::thread([this] { archive(); });
  }
  ~Worker() override {
    tell_to_stop();
    settler_.join();
    archiver_.join();
  }

  bool stop(seconds within) override {
    tell_to_stop();
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, within, [this] { return working_ == 0; });
  }

 private:
  void tell_to_stop() {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  bool stopping() {
    const std::lock_guard lock(mutex_);
    return stopping_;
  }
  // False when it is time to stop.
  bool sleep(seconds time) {
    std::unique_lock lock(mutex_);
    return !changed_.wait_for(lock, time, [this] { return stopping_; });
  }
  void ended() {
    const std::lock_guard lock(mutex_);
    --working_;
    changed_.notify_all();
  }

  void settle() {
    std::string told;
    while (sleep(kSettleEvery)) {
      const Status done = settle_all();
      if (!done && done.error().message != told)
        spdlog::warn("signals for archived records cannot be joined now: {}", done.error().message);
      told = done ? "" : done.error().message;
    }
    ended();
  }

  Status settle_all() {
    TRY_ASSIGN(const std::vector<std::string> projects, open_.registry->projects());
    for (const std::string& project : projects) {
      if (stopping()) return {};
      TRY(open_.store->settle(project));
    }
    return {};
  }

  void archive() {
    Time resume_at{};
    Time archive_at = next_at(clock_.now(), at_);
    bool resumed = false;
    do {
      const Time now = clock_.now();
      if (!resumed && now >= resume_at) {
        resumed = resume();
        resume_at = now + kTryAgain;
      }
      if (!config_.archiving_enabled || now < archive_at) continue;
      archive_at = run() ? next_at(clock_.now(), at_) : clock_.now() + kTryAgain;
    } while (sleep(kLookAtClock));
    ended();
  }

  bool resume() {
    const auto receipts = open_.store->eraser().resume();
    if (!receipts) {
      if (stopping()) return false;
      spdlog::error("an erasure that was interrupted cannot be gone on with now: {}", receipts.error().message);
      return false;
    }
    for (const archive::Receipt& receipt : *receipts)
      spdlog::info("erasure {} was gone on with and is done: {} interactions, {} signals", receipt.id,
                   receipt.interactions(), receipt.signals());
    return true;
  }

  // Whether everything there was to do is done, by this server or by another on the same database.
  bool run() {
    const auto lease = open_.catalog->lease();
    if (!lease) {
      spdlog::error("archiving has to wait: {}", lease.error().message);
      return false;
    }
    if (*lease == nullptr) {
      spdlog::info("another server is archiving");
      return true;
    }
    archive::ArchiveJobOptions options;
    options.upload = upload_options(config_);
    options.stop = [this] { return stopping(); };
    options.on_part = [](const store::Part& part) {
      spdlog::debug("archived {}: {} records, {}", part.key, part.records,
                    display_bytes(static_cast<uint64_t>(part.packed_bytes)));
    };
    archive::ArchiveJob job(open_.tiers(), clock_, std::move(options));
    archive::ArchiveReport report;
    spdlog::info("archiving data older than {} days to {}", config_.retention_days, open_.objects->describe());
    const Status done = [&]() -> Status {
      TRY_ASSIGN(const std::vector<store::HotSlice> plan, job.plan(config_.retention_days, ""));
      return job.run(plan, report);
    }();
    int64_t bytes = 0;
    for (const store::Part& part : report.parts) bytes += part.packed_bytes;
    spdlog::info("archived {} records in {} objects, {}", report.records, report.parts.size(),
                 display_bytes(static_cast<uint64_t>(bytes)));
    for (const std::string& day : report.left) spdlog::warn("left for the next run: {}", day);
    if (report.stopped) spdlog::info("archiving was stopped; the next run goes on there");
    if (!done)
      spdlog::error("archiving failed, and is tried again in {} minutes: {}", kTryAgain.count(), done.error().message);
    return done.has_value();
  }

  const cli::OpenStore& open_;
  const config::Config& config_;
  const Clock& clock_;
  const seconds at_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;  // guarded by mutex_, as is what follows
  int working_ = 2;
  std::thread settler_;
  std::thread archiver_;
};

}  // namespace

Result<seconds> parse_time_of_day(std::string_view text) {
  const auto digit = [text](size_t i) { return text[i] >= '0' && text[i] <= '9' ? text[i] - '0' : 100; };
  const auto number = [digit](size_t i) { return 10 * digit(i) + digit(i + 1); };
  const bool with_seconds = text.size() == 8 && text[5] == ':';
  if ((text.size() == 5 || with_seconds) && text[2] == ':') {
    const int hour = number(0);
    const int minute = number(3);
    const int second = with_seconds ? number(6) : 0;
    if (hour < 24 && minute < 60 && second < 60) return seconds(3600 * hour + 60 * minute + second);
  }
  return fail(Code::kInvalidArgument,
              fmt::format("expected a time of day from 00:00 to 23:59, or from 00:00:00 to 23:59:59, got \"{}\"",
                          one_line(printable(text))));
}

Time next_at(Time now, seconds of_day) {
  const Time today = Time(day_of(now)) + of_day;
  return today > now ? today : today + std::chrono::days(1);
}

Result<std::unique_ptr<Schedule>> Schedule::start(const cli::OpenStore& open, const config::Config& config,
                                                  const Clock& clock) {
  TRY_ASSIGN(const seconds at, time_of(config));
  if (config.archiving_enabled)
    spdlog::info("days older than {} days are archived daily at {} UTC", config.retention_days, config.archive_at);
  return std::make_unique<Worker>(open, config, clock, at);
}

}  // namespace gleaner::app
