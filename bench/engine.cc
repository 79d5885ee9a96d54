#include "engine.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "response.h"

namespace gleaner::bench {
namespace {

constexpr int64_t kMillisecond = 1'000'000;
constexpr int64_t kSecond = 1'000 * kMillisecond;
constexpr int64_t kRest = 5 * kMillisecond;
constexpr int64_t kDrain = 3 * kSecond;
constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

int64_t now_ns() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * kSecond + time.tv_nsec;
}

// A queue of connection numbers; each is in it at most once, so it never grows.
class Ring {
 public:
  explicit Ring(size_t capacity) : slots_(capacity) {}
  bool empty() const { return size_ == 0; }
  uint32_t front() const { return slots_[head_]; }
  void push(uint32_t value) { slots_[(head_ + size_++) % slots_.size()] = value; }
  uint32_t pop() {
    const uint32_t value = front();
    head_ = (head_ + 1) % slots_.size();
    --size_;
    return value;
  }

 private:
  std::vector<uint32_t> slots_;
  size_t head_ = 0;
  size_t size_ = 0;
};

enum class Phase {
  kIdle,     // open loop: free; closed loop: done
  kBusy,     // a request is being sent or its answer awaited
  kResting,  // until resume_at, then resends its request, or takes a new one
};

struct Connection {
  int fd = -1;
  Phase phase = Phase::kIdle;
  bool resends = false;
  int64_t due = 0;
  int64_t resume_at = 0;
  int64_t answered_at = 0;  // when the answer began
  Request request;
  ResponseReader reader;
};

class Engine {
 public:
  Engine(const Options& options, RequestPool& pool)
      : options_(options),
        pool_(pool),
        connections_(options.connections),
        idle_(options.connections),
        resting_(options.connections),
        interval_(static_cast<double>(options.batch) / options.rate * 1e9) {}
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine();

  std::expected<void, std::string> connect_all();
  Figures run();

 private:
  bool open_loop() const { return options_.rate > 0; }
  uint32_t number_of(const Connection& connection) const {
    return static_cast<uint32_t>(&connection - connections_.data());
  }
  bool all_issued(int64_t now) const;
  bool finished(int64_t now) const;
  int64_t wake_at() const;
  int open_socket(bool wait) const;
  void reconnect(Connection& connection);
  bool watch(Connection& connection);
  void wait_for_events();
  void send_due(int64_t now);
  void resume_rested(int64_t now);
  void take_next(Connection& connection, int64_t now);
  void start(Connection& connection, int64_t due);
  void send_rest(Connection& connection);
  void receive(Connection& connection);
  void complete(Connection& connection);
  void count_answer(const Connection& connection);
  void fail(Connection& connection, std::string_view reason);
  void rest(Connection& connection, int64_t now, bool resends);
  void note_failure(std::string reason) {
    if (figures_.failure.empty()) figures_.failure = std::move(reason);
  }
  void conclude();

  const Options& options_;
  RequestPool& pool_;
  int epoll_ = -1;
  sockaddr_storage address_{};
  socklen_t address_size_ = 0;
  std::vector<Connection> connections_;
  Ring idle_;
  Ring resting_;
  const double interval_;  // open loop: nanoseconds between requests
  int64_t start_ = 0;
  int64_t end_ = kNever;
  int64_t give_up_ = kNever;
  int64_t due_ = 0;  // open loop: when the next request is due
  int64_t last_answer_ = 0;
  uint64_t requests_issued_ = 0;
  uint64_t records_issued_ = 0;
  size_t in_flight_ = 0;
  size_t failures_in_a_row_ = 0;
  Figures figures_;
  std::array<epoll_event, 256> events_{};
  std::array<char, 256 * 1024> buffer_{};
};

Engine::~Engine() {
  for (const Connection& connection : connections_) {
    if (connection.fd >= 0) close(connection.fd);
  }
  if (epoll_ >= 0) close(epoll_);
}

std::expected<void, std::string> Engine::connect_all() {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(options_.port);
  if (const int error = getaddrinfo(options_.host.c_str(), port.c_str(), &hints, &found); error != 0) {
    return std::unexpected(fmt::format("{}: {}", options_.host, gai_strerror(error)));
  }
  std::memcpy(&address_, found->ai_addr, found->ai_addrlen);
  address_size_ = found->ai_addrlen;
  freeaddrinfo(found);
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  for (Connection& connection : connections_) {
    connection.fd = open_socket(true);
    if (connection.fd < 0 || epoll_ < 0 || !watch(connection)) {
      return std::unexpected(fmt::format("{}:{}: {}", options_.host, port, std::strerror(errno)));
    }
    pool_.prepare(connection.request);
  }
  return {};
}

// A socket, connected if `wait`, else perhaps still connecting; -1 with errno set if that fails. Whether it blocks
// later does not matter: every call on it says MSG_DONTWAIT.
int Engine::open_socket(bool wait) const {
  const int fd = socket(address_.ss_family, SOCK_STREAM | SOCK_CLOEXEC | (wait ? 0 : SOCK_NONBLOCK), 0);
  if (fd < 0) return -1;
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const int status = connect(fd, reinterpret_cast<const sockaddr*>(&address_), address_size_);
  if (status == 0 || errno == EINPROGRESS) return fd;
  const int error = errno;
  close(fd);
  errno = error;
  return -1;
}

// Edge-triggered in both directions: one registration for the life of the connection, no call to change it.
bool Engine::watch(Connection& connection) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.u32 = number_of(connection);
  return epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd, &event) == 0;
}

// A request sent before the connection stands waits for EPOLLOUT like any other.
void Engine::reconnect(Connection& connection) {
  if (connection.fd >= 0) close(connection.fd);
  connection.fd = open_socket(false);
  if (connection.fd >= 0) watch(connection);
}

bool Engine::all_issued(int64_t now) const {
  if (options_.records > 0 && records_issued_ >= options_.records) return true;
  return (open_loop() ? due_ : now) >= end_;
}

bool Engine::finished(int64_t now) const {
  if (now >= give_up_ || failures_in_a_row_ > 4 * connections_.size() + 100) return true;
  return all_issued(now) && in_flight_ == 0;
}

int64_t Engine::wake_at() const {
  int64_t at = std::min(give_up_, now_ns() + kSecond);
  if (!resting_.empty()) at = std::min(at, connections_[resting_.front()].resume_at);
  if (open_loop() && !idle_.empty() && due_ < end_) at = std::min(at, due_);
  return at;
}

Figures Engine::run() {
  // The kernel may otherwise add 50 us to every wait.
  prctl(PR_SET_TIMERSLACK, 1);
  int64_t now = now_ns();
  start_ = last_answer_ = due_ = now;
  if (options_.seconds > 0) {
    end_ = start_ + static_cast<int64_t>(options_.seconds * 1e9);
    give_up_ = end_ + kDrain;
  }
  for (Connection& connection : connections_) take_next(connection, now);
  while (!finished(now)) {
    send_due(now);
    wait_for_events();
    now = now_ns();
    resume_rested(now);
  }
  conclude();
  return figures_;
}

void Engine::wait_for_events() {
  const int64_t left = std::max<int64_t>(wake_at() - now_ns(), 0);
  const timespec timeout{left / kSecond, left % kSecond};
  const int count = epoll_pwait2(epoll_, events_.data(), static_cast<int>(events_.size()), &timeout, nullptr);
  if (count < 0 && errno != EINTR) {
    note_failure(fmt::format("epoll_pwait2: {}", std::strerror(errno)));
    give_up_ = 0;
  }
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events_[static_cast<size_t>(i)];
    Connection& connection = connections_[event.data.u32];
    if (connection.phase == Phase::kIdle && (event.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
      reconnect(connection);
    }
    if (connection.phase != Phase::kBusy) continue;
    // An answer may come before the request is out, and it may be all that a broken connection still has to give.
    if ((event.events & ~EPOLLOUT) != 0) receive(connection);
    if (connection.phase == Phase::kBusy && (event.events & EPOLLOUT) != 0) send_rest(connection);
  }
}

void Engine::send_due(int64_t now) {
  while (open_loop() && !idle_.empty() && due_ <= now && !all_issued(now)) {
    Connection& connection = connections_[idle_.pop()];
    start(connection, due_);
    due_ = start_ + static_cast<int64_t>(static_cast<double>(requests_issued_) * interval_);
  }
}

void Engine::resume_rested(int64_t now) {
  while (!resting_.empty() && connections_[resting_.front()].resume_at <= now) {
    Connection& connection = connections_[resting_.pop()];
    if (!connection.resends) {
      take_next(connection, now);
      continue;
    }
    pool_.rewind(connection.request);
    connection.reader.reset();
    connection.phase = Phase::kBusy;
    send_rest(connection);
  }
}

void Engine::take_next(Connection& connection, int64_t now) {
  connection.phase = Phase::kIdle;
  if (open_loop()) {
    idle_.push(number_of(connection));
  } else if (!all_issued(now)) {
    start(connection, now);
  }
}

void Engine::start(Connection& connection, int64_t due) {
  uint64_t count = options_.batch;
  if (options_.records > 0) count = std::min(count, options_.records - records_issued_);
  pool_.build(connection.request, count);
  connection.reader.reset();
  connection.due = due;
  connection.phase = Phase::kBusy;
  records_issued_ += count;
  ++requests_issued_;
  ++in_flight_;
  send_rest(connection);
}

void Engine::send_rest(Connection& connection) {
  constexpr size_t kMostParts = 1024;  // IOV_MAX on Linux
  Request& request = connection.request;
  while (request.next_part < request.parts.size()) {
    msghdr message{};
    message.msg_iov = request.parts.data() + request.next_part;
    message.msg_iovlen = std::min(request.parts.size() - request.next_part, kMostParts);
    const ssize_t sent = sendmsg(connection.fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) fail(connection, std::strerror(errno));
      return;
    }
    auto left = static_cast<size_t>(sent);
    while (left > 0) {
      iovec& part = request.parts[request.next_part];
      const size_t step = std::min(left, part.iov_len);
      part.iov_base = static_cast<char*>(part.iov_base) + step;
      part.iov_len -= step;
      left -= step;
      if (part.iov_len == 0) ++request.next_part;
    }
  }
}

void Engine::receive(Connection& connection) {
  while (true) {
    const ssize_t got = recv(connection.fd, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (got < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) fail(connection, std::strerror(errno));
      return;
    }
    if (got == 0) return fail(connection, "the server closed the connection before it answered");
    if (!connection.reader.started()) connection.answered_at = now_ns();
    const auto state = connection.reader.feed({buffer_.data(), static_cast<size_t>(got)});
    if (state == ResponseReader::State::kDone) return complete(connection);
    if (state == ResponseReader::State::kBad)
      return fail(connection, "an answer that is not HTTP/1.1, with a length or in chunks");
  }
}

void Engine::complete(Connection& connection) {
  const int64_t now = now_ns();
  last_answer_ = now;
  failures_in_a_row_ = 0;
  if (connection.request.next_part < connection.request.parts.size()) reconnect(connection);
  const int status = connection.reader.status();
  if (status == 429 || status == 503) {
    ++figures_.retried;
    rest(connection, now, true);
    return;
  }
  --in_flight_;
  figures_.latency.add(now - connection.due);
  figures_.head.add(connection.answered_at - connection.due);
  count_answer(connection);
  take_next(connection, now);
}

void Engine::count_answer(const Connection& connection) {
  const Request& request = connection.request;
  const ResponseReader& reader = connection.reader;
  if (reader.status() >= 300) {
    ++figures_.non_2xx;
    note_failure(fmt::format("{} {}", reader.status(), reader.body_start().substr(0, 300)));
    return;
  }
  ++figures_.requests;
  figures_.events += reader.events();
  uint64_t stored = request.count;
  if (options_.mode == Mode::kNdjson) {
    const uint64_t rejected = std::min<uint64_t>(find_number(reader.body_start(), "rejected"), stored);
    figures_.rejected += rejected;
    stored -= rejected;
    if (rejected > 0) note_failure(fmt::format("rejected records: {}", reader.body_start().substr(0, 300)));
  }
  figures_.records += stored;
  figures_.bytes += request.body_bytes * stored / request.count;
}

void Engine::fail(Connection& connection, std::string_view reason) {
  --in_flight_;
  ++figures_.errors;
  ++failures_in_a_row_;
  note_failure(std::string(reason));
  reconnect(connection);
  rest(connection, now_ns(), false);
}

void Engine::rest(Connection& connection, int64_t now, bool resends) {
  connection.phase = Phase::kResting;
  connection.resends = resends;
  connection.resume_at = now + kRest;
  resting_.push(number_of(connection));
}

// What was due and never answered belongs in the figures too: leaving it out would flatter a server that stalls.
void Engine::conclude() {
  const int64_t now = now_ns();
  figures_.errors += in_flight_;
  for (const Connection& connection : connections_) {
    const bool waits = connection.phase == Phase::kBusy || (connection.phase == Phase::kResting && connection.resends);
    if (waits) figures_.latency.add(now - connection.due);
  }
  for (; open_loop() && !all_issued(now); ++requests_issued_, records_issued_ += options_.batch) {
    figures_.latency.add(now - due_);
    ++figures_.unsent;
    due_ = start_ + static_cast<int64_t>(static_cast<double>(requests_issued_ + 1) * interval_);
  }
  if (in_flight_ > 0) note_failure("the run ended before every request was answered");
  figures_.seconds = static_cast<double>(last_answer_ - start_) / 1e9;
}

}  // namespace

std::expected<Figures, std::string> run_load(const Options& options, RequestPool& pool) {
  // On the heap: its receive buffer is too large for a stack frame.
  const auto engine = std::make_unique<Engine>(options, pool);
  if (auto connected = engine->connect_all(); !connected) return std::unexpected(connected.error());
  return engine->run();
}

}  // namespace gleaner::bench
