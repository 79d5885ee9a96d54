// provider: stands in for a model provider. Answers requests to OpenAI's chat API after a fixed delay, whole or as a
// stream, and does nothing else: one thread, one epoll, texts made beforehand, so that it is not what is measured.
//
// A connection that waits, for its answer or for the next piece of a stream, stands in one of two queues. All in a
// queue wait equally long, so it is in order of its own accord.
#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "payload.h"

namespace gleaner::bench {
namespace {

constexpr int64_t kMillisecond = 1'000'000;
constexpr int64_t kSecond = 1'000 * kMillisecond;
constexpr size_t kWriteBytes = size_t{64} << 10;  // of a stream, at a time

constexpr std::string_view kUsage = R"(provider: answers POST .../chat/completions as a model provider does.

  --port N               default 0, any free one
  --delay-ms T           until an answer begins; default 0
  --chunks N             of a stream's text; default 100
  --chunk-interval-ms T  between two chunks, each of which is then sent by itself; default 0, as fast as they are read
  --bytes N              mean size of the conversations that the answers end, default 2700
)";

struct Settings {
  uint16_t port = 0;
  int64_t delay = 0;  // nanoseconds
  int64_t interval = 0;
  size_t chunks = 100;
  size_t bytes = 2700;
};

int64_t now_ns() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * kSecond + time.tv_nsec;
}

// What is said, but for the ids.
struct Answer {
  std::string head;  // of the HTTP answer, up to the id
  std::string rest;  // behind the id
  std::vector<std::string_view> words;
  std::string text;  // of which the words are
};

constexpr size_t kIdSize = 29;
constexpr std::string_view kModel = "gpt-4.1-mini-2025-04-14";
constexpr std::string_view kUsageMember =
    R"("usage":{"prompt_tokens":412,"completion_tokens":287,"total_tokens":699,)"
    R"("prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":)"
    R"({"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}})";

std::string headers_of(std::string_view content_type, std::string_view length) {
  return fmt::format(
      "HTTP/1.1 200 OK\r\nDate: Mon, 15 Sep 2025 12:26:40 GMT\r\nContent-Type: {}\r\n{}\r\n"
      "openai-organization: example\r\nopenai-processing-ms: 812\r\nopenai-version: 2020-10-01\r\n"
      "x-ratelimit-limit-requests: 30000\r\nx-ratelimit-limit-tokens: 150000000\r\n"
      "x-ratelimit-remaining-requests: 29999\r\nx-ratelimit-remaining-tokens: 149999322\r\n"
      "x-ratelimit-reset-requests: 2ms\r\nx-ratelimit-reset-tokens: 0s\r\n\r\n",
      content_type, length);
}

Answer answer_of(std::string quoted) {
  Answer answer;
  answer.rest =
      fmt::format(R"(","object":"chat.completion","created":1757939200,"model":"{}","choices":[{{"index":0,"message":)"
                  R"({{"role":"assistant","content":{},"refusal":null,"annotations":[]}},"logprobs":null,)"
                  R"("finish_reason":"stop"}}],{},"service_tier":"default","system_fingerprint":"fp_560af6e559"}})",
                  kModel, quoted, kUsageMember);
  constexpr std::string_view kOpening = R"({"id":"chatcmpl-)";
  answer.head =
      headers_of("application/json", fmt::format("Content-Length: {}", kOpening.size() + kIdSize + answer.rest.size()));
  answer.head += kOpening;
  answer.text = std::move(quoted);
  std::string_view left(answer.text);
  left = left.substr(1, left.size() - 2);
  while (!left.empty()) {
    const size_t end = std::min(left.find(' ', 1), left.size());
    answer.words.push_back(left.substr(0, end));  // with the space in front
    left.remove_prefix(end);
  }
  return answer;
}

std::vector<std::unique_ptr<Answer>> render_answers(size_t bytes) {
  PayloadOptions payload;
  payload.mean_bytes = bytes;
  payload.seed += 1;                             // other texts than the load generator's
  std::vector<std::unique_ptr<Answer>> answers;  // words point into an answer, so it does not move
  for (Exchange& exchange : render_exchanges(payload)) {
    answers.push_back(std::make_unique<Answer>());
    *answers.back() = answer_of(std::move(exchange.answer));
  }
  return answers;
}

struct Connection {
  int fd = -1;
  uint64_t serial = 0;  // no other connection has it
  bool busy = false;    // from when a request is there until its answer is written
  std::string input;
  std::string output;
  size_t sent = 0;  // of the output
  // The answer under way.
  const Answer* answer = nullptr;
  bool stream = false;
  bool usage = false;
  size_t chunk = 0;    // the next one
  std::string prefix;  // of every chunk's JSON
};

struct Waiting {
  int64_t until;
  int fd;
  uint64_t serial;
};

class Provider {
 public:
  explicit Provider(const Settings& settings) : settings_(settings), answers_(render_answers(settings.bytes)) {}
  Provider(const Provider&) = delete;
  Provider& operator=(const Provider&) = delete;

  // The port it listens on; 0 with errno set if it cannot.
  uint16_t listen();
  [[noreturn]] void run();

 private:
  size_t last_chunk() const { return settings_.chunks + 3; }
  void wait_for_events();
  void serve_waiting(std::deque<Waiting>& queue, int64_t now);
  void accept_all();
  void receive(Connection& connection);
  void take_request(Connection& connection);
  void begin_answer(Connection& connection);
  void append_chunk(Connection& connection);
  void go_on(Connection& connection);
  bool flush(Connection& connection);
  void finish(Connection& connection);
  void refuse(Connection& connection);
  void close(Connection& connection);

  const Settings settings_;
  const std::vector<std::unique_ptr<Answer>> answers_;
  int listener_ = -1;
  int epoll_ = -1;
  uint64_t serials_ = 0;
  uint64_t answered_ = 0;
  std::vector<std::unique_ptr<Connection>> connections_;  // by their descriptors
  std::deque<Waiting> delayed_;                           // for their answers
  std::deque<Waiting> paced_;                             // for their next chunks
  std::array<epoll_event, 256> events_{};
  std::array<char, kWriteBytes> buffer_{};
};

uint16_t Provider::listen() {
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int on = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(settings_.port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return 0;
  if (::listen(listener_, 4096) != 0) return 0;
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = listener_;
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_, &event) != 0) return 0;
  socklen_t size = sizeof address;
  if (getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  return ntohs(address.sin_port);
}

void Provider::run() {
  prctl(PR_SET_TIMERSLACK, 1);  // the kernel may otherwise add 50 us to every wait
  while (true) {
    wait_for_events();
    const int64_t now = now_ns();
    serve_waiting(delayed_, now);
    serve_waiting(paced_, now);
  }
}

void Provider::wait_for_events() {
  int64_t left = kSecond;
  for (const auto* queue : {&delayed_, &paced_}) {
    if (!queue->empty()) left = std::min(left, std::max<int64_t>(queue->front().until - now_ns(), 0));
  }
  const timespec timeout{left / kSecond, left % kSecond};
  const int count = epoll_pwait2(epoll_, events_.data(), static_cast<int>(events_.size()), &timeout, nullptr);
  for (const epoll_event& event : std::span(events_).first(static_cast<size_t>(std::max(count, 0)))) {
    if (event.data.fd == listener_) {
      accept_all();
      continue;
    }
    Connection& connection = *connections_[static_cast<size_t>(event.data.fd)];
    if (connection.sent < connection.output.size() && (event.events & EPOLLOUT) != 0) go_on(connection);
    if (connection.fd >= 0 && (event.events & ~EPOLLOUT) != 0) receive(connection);
  }
}

void Provider::serve_waiting(std::deque<Waiting>& queue, int64_t now) {
  while (!queue.empty() && queue.front().until <= now) {
    const Waiting next = queue.front();
    queue.pop_front();
    Connection& connection = *connections_[static_cast<size_t>(next.fd)];
    if (connection.serial != next.serial) continue;
    if (&queue == &delayed_) {
      begin_answer(connection);
    } else if (connection.sent == connection.output.size()) {
      append_chunk(connection);
      if (connection.chunk < last_chunk()) queue.push_back({next.until + settings_.interval, next.fd, next.serial});
      go_on(connection);
    } else {  // nobody reads: this chunk's turn passes
      queue.push_back({next.until + settings_.interval, next.fd, next.serial});
    }
  }
}

void Provider::accept_all() {
  while (true) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const auto slot = static_cast<size_t>(fd);
    if (slot >= connections_.size()) connections_.resize(slot + 1);
    connections_[slot] = std::make_unique<Connection>();
    connections_[slot]->fd = fd;
    connections_[slot]->serial = ++serials_;
    // Edge-triggered in both directions: one registration for the life of the connection.
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.fd = fd;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }
}

void Provider::receive(Connection& connection) {
  while (true) {
    const ssize_t got = recv(connection.fd, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) break;
    if (got <= 0) return close(connection);
    connection.input.append(buffer_.data(), static_cast<size_t>(got));
    if (static_cast<size_t>(got) < buffer_.size()) break;
  }
  if (!connection.busy) take_request(connection);
}

void Provider::take_request(Connection& connection) {
  constexpr std::string_view kLength = "\r\ncontent-length:";
  constexpr std::string_view kPath = "/chat/completions HTTP/1.1\r\n";
  const std::string_view input = connection.input;
  const size_t head_end = input.find("\r\n\r\n");
  if (head_end == std::string_view::npos) return;
  const std::string_view head = input.substr(0, head_end + 2);
  size_t length = 0;
  for (size_t at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n", at + 2)) {
    if (head.size() - at <= kLength.size() || strncasecmp(head.data() + at, kLength.data(), kLength.size()) != 0) {
      continue;
    }
    const char* digits = head.data() + at + kLength.size();
    while (*digits == ' ') ++digits;
    std::from_chars(digits, head.data() + head.size(), length);
    break;
  }
  const std::string_view line = head.substr(0, head.find("\r\n") + 2);
  if (!line.starts_with("POST ") || !line.ends_with(kPath)) return refuse(connection);
  if (input.size() < head_end + 4 + length) return;
  const std::string_view body = input.substr(head_end + 4, length);
  // Within a text a quote would have a backslash in front.
  const auto says = [&](std::string_view name) {
    const size_t at = body.find(name);
    return at != std::string_view::npos && body.substr(at + name.size(), 6).contains("true");
  };
  connection.stream = says(R"("stream":)");
  connection.usage = connection.stream && says(R"("include_usage":)");
  connection.input.erase(0, head_end + 4 + length);
  connection.busy = true;
  if (settings_.delay == 0) return begin_answer(connection);
  delayed_.push_back({now_ns() + settings_.delay, connection.fd, connection.serial});
}

void Provider::begin_answer(Connection& connection) {
  connection.answer = answers_[answered_ % answers_.size()].get();
  const std::string id = fmt::format("{:0{}}", ++answered_, kIdSize);
  if (!connection.stream) {
    connection.output.append(connection.answer->head).append(id).append(connection.answer->rest);
    return go_on(connection);
  }
  static const std::string kHead = headers_of("text/event-stream; charset=utf-8", "Transfer-Encoding: chunked");
  connection.output = kHead;
  connection.chunk = 0;
  connection.prefix =
      fmt::format(R"(data: {{"id":"chatcmpl-{}","object":"chat.completion.chunk","created":1757939200,"model":"{}",)"
                  R"("service_tier":"default","system_fingerprint":"fp_560af6e559",)",
                  id, kModel);
  if (settings_.interval > 0) {
    append_chunk(connection);
    paced_.push_back({now_ns() + settings_.interval, connection.fd, connection.serial});
  }
  go_on(connection);
}

// A stream is: the role, the chunks of text, the finish reason, the usage if that was asked for, and the end.
void Provider::append_chunk(Connection& connection) {
  constexpr std::string_view kOpening = R"("choices":[{"index":0,"delta":{"content":")";
  constexpr std::string_view kClosing = R"("},"logprobs":null,"finish_reason":null}],"obfuscation":"a4QxY7p0Zk"})";
  constexpr std::string_view kEnd = "\n\n\r\n";
  const std::vector<std::string_view>& words = connection.answer->words;
  const size_t number = connection.chunk++;
  const auto append = [&](std::string_view a, std::string_view b, std::string_view c) {
    const size_t size = connection.prefix.size() + a.size() + b.size() + c.size() + 2;
    std::array<char, 20> digits;
    char* end = std::to_chars(digits.data(), digits.data() + 16, size, 16).ptr;
    end = std::copy_n("\r\n", 2, end);
    connection.output.append(digits.data(), end).append(connection.prefix).append(a).append(b).append(c).append(kEnd);
  };
  if (number == 0) {
    append(R"("choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},)",
           R"("logprobs":null,"finish_reason":null}],)", R"("obfuscation":"h1Yx"})");
  } else if (number <= settings_.chunks) {
    append(kOpening, words[(number - 1) % words.size()], kClosing);
  } else if (number == settings_.chunks + 1) {
    append(R"("choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}],)", "",
           R"("obfuscation":"Q"})");
  } else {
    if (connection.usage) append(R"("choices":[],)", kUsageMember, "}");
    connection.output += "e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n";
  }
}

void Provider::go_on(Connection& connection) {
  while (flush(connection)) {
    const bool complete = !connection.stream || connection.chunk == last_chunk();
    if (complete) return finish(connection);
    if (settings_.interval > 0) return;
    while (connection.chunk < last_chunk() && connection.output.size() < kWriteBytes) append_chunk(connection);
  }
}

// Whether all of the output is out.
bool Provider::flush(Connection& connection) {
  while (connection.sent < connection.output.size()) {
    const ssize_t sent = send(connection.fd, connection.output.data() + connection.sent,
                              connection.output.size() - connection.sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) {
      if (errno != EAGAIN) close(connection);
      return false;
    }
    connection.sent += static_cast<size_t>(sent);
  }
  connection.output.clear();
  connection.sent = 0;
  return true;
}

void Provider::finish(Connection& connection) {
  connection.busy = false;
  if (!connection.input.empty()) take_request(connection);
}

void Provider::refuse(Connection& connection) {
  connection.busy = true;
  connection.stream = false;
  connection.input.clear();
  constexpr std::string_view kBody = R"({"error":{"message":"there are only chats here"}})";
  connection.output = fmt::format(
      "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}", kBody.size(), kBody);
  go_on(connection);
}

void Provider::close(Connection& connection) {
  ::close(connection.fd);
  connection.fd = -1;
  connection.serial = 0;
  connection.sent = 0;
  connection.output.clear();
}

template <typename Number>
bool read_number(std::string_view text, Number most, Number& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && out >= 0 && out <= most;
}

bool read_settings(std::span<const char* const> arguments, Settings& settings) {
  for (size_t i = 0; i + 1 < arguments.size(); i += 2) {
    const std::string_view name = arguments[i];
    const std::string_view value = arguments[i + 1];
    double milliseconds = 0;
    bool good = false;
    if (name == "--port") good = read_number<uint16_t>(value, 65535, settings.port);
    if (name == "--chunks") good = read_number<size_t>(value, 1'000'000, settings.chunks);
    if (name == "--bytes") good = read_number<size_t>(value, 1'000'000, settings.bytes) && settings.bytes >= 500;
    if (name == "--delay-ms" || name == "--chunk-interval-ms") {
      good = read_number<double>(value, 1e6, milliseconds);
      (name == "--delay-ms" ? settings.delay : settings.interval) = static_cast<int64_t>(milliseconds * 1e6);
    }
    if (!good) return false;
  }
  return arguments.size() % 2 == 0;
}

int main_of(std::span<const char* const> arguments) {
  Settings settings;
  if (!read_settings(arguments, settings)) {
    fmt::print(stderr, "{}", kUsage);
    return 2;
  }
  const auto provider = std::make_unique<Provider>(settings);
  const uint16_t port = provider->listen();
  if (port == 0) {
    fmt::print(stderr, "provider: {}\n", std::strerror(errno));
    return 1;
  }
  fmt::print("listening on http://127.0.0.1:{}\n", port);
  std::fflush(stdout);
  provider->run();
}

}  // namespace
}  // namespace gleaner::bench

int main(int argc, char** argv) {
  return gleaner::bench::main_of({argv + 1, static_cast<size_t>(argc - 1)});
}
