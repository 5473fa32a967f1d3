// Load at a fixed rate, as sessions are used: a GET and then a SET of random keys, over many connections. A
// request is sent when it is due, whether or not the ones before it were answered, and its latency counts
// from when it was due: a server that stands still shows as what its clients wait, not as fewer requests.
//
//     paced_load PORT KEYS CONNECTIONS RATE SECONDS FILE
//
// With RATE 0 each connection asks as soon as it is answered: that is the capacity. FILE gets two 64-bit
// numbers for each answer, in ns: when the request was due (CLOCK_MONOTONIC), and how long it took. The keys
// and values are those of limpet_bench/bulk.py, and a wrong answer ends it with 1. It uses up a core: a
// process that sleeps wakes up too late to be precise.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Nanoseconds = std::int64_t;

constexpr Nanoseconds kSecond = 1'000'000'000;
constexpr Nanoseconds kPatience = 30 * kSecond;  // for the last answers
constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxy";
constexpr int kBurst = 16;  // requests that are sent before answers are looked at

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "paced_load: %s\n", what.c_str());
  std::exit(1);
}

[[noreturn]] void fail_system(const char* what) { fail(std::string(what) + ": " + std::strerror(errno)); }

Nanoseconds now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * kSecond + time.tv_nsec;
}

std::string numbered(char letter, std::uint64_t number) {
  char text[32];
  std::snprintf(text, sizeof text, "%c%012llu", letter, static_cast<unsigned long long>(number));
  return text;
}

std::string key_of(std::uint64_t number) { return numbered('k', number); }

std::string value_of(std::uint64_t number) { return numbered('v', number).append(kLetters); }

std::string set_request(std::uint64_t number) {
  return "*5\r\n$3\r\nSET\r\n$13\r\n" + key_of(number) + "\r\n$64\r\n" + value_of(number) +
         "\r\n$2\r\nEX\r\n$5\r\n86399\r\n";
}

std::string get_request(std::uint64_t number) {
  return "*2\r\n$3\r\nGET\r\n$13\r\n" + key_of(number) + "\r\n";
}

struct Options {
  std::uint16_t port;
  std::uint64_t keys;
  std::size_t connections;
  std::uint64_t rate;
  std::uint64_t seconds;
  const char* file;
};

struct Sample {
  Nanoseconds due;
  Nanoseconds took;
};

// One connection. What it asks is answered in order.
class Client {
 public:
  explicit Client(std::uint16_t port);
  ~Client() { ::close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // The next request of this client: a GET of `key`, or the SET that follows upon its last GET.
  void ask(Nanoseconds due, std::uint64_t key);
  // Sends as much as the socket takes.
  void flush();
  // Reads what has come, and adds a sample for each answer.
  void receive(std::vector<Sample>& samples);

  [[nodiscard]] bool idle() const { return waiting_.empty(); }
  [[nodiscard]] int socket() const { return socket_; }

 private:
  struct Waiting {
    Nanoseconds due;
    std::string answer;
  };

  int socket_;
  std::string out_;
  std::string in_;
  std::deque<Waiting> waiting_;
  std::uint64_t read_ = 0;  // the key of the last GET
  bool writes_next_ = false;
};

Client::Client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
  if (socket_ < 0) fail_system("socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int yes = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  sockaddr plain{};
  std::memcpy(&plain, &address, sizeof plain);
  if (::connect(socket_, &plain, sizeof plain) != 0) fail_system("connect");
}

void Client::ask(Nanoseconds due, std::uint64_t key) {
  if (writes_next_) {
    out_ += set_request(read_);
    waiting_.push_back({due, "+OK\r\n"});
  } else {
    read_ = key;
    out_ += get_request(read_);
    waiting_.push_back({due, "$64\r\n" + value_of(read_) + "\r\n"});
  }
  writes_next_ = !writes_next_;
  flush();
}

void Client::flush() {
  while (!out_.empty()) {
    const ssize_t sent = ::send(socket_, out_.data(), out_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) return;
    if (sent < 0) fail_system("send");
    out_.erase(0, static_cast<std::size_t>(sent));
  }
}

void Client::receive(std::vector<Sample>& samples) {
  char bytes[16384];
  const ssize_t got = ::recv(socket_, bytes, sizeof bytes, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got < 0) fail_system("recv");
  if (got == 0) fail("the server closed a connection");
  const Nanoseconds at = now();
  in_.append(bytes, static_cast<std::size_t>(got));
  std::string_view rest = in_;
  while (!waiting_.empty()) {
    const Waiting& first = waiting_.front();
    const std::string_view start = rest.substr(0, first.answer.size());
    if (start != std::string_view(first.answer).substr(0, start.size())) {
      fail("answered '" + std::string(rest.substr(0, 100)) + "' where '" + first.answer + "' was expected");
    }
    if (start.size() < first.answer.size()) break;
    samples.push_back({first.due, at - first.due});
    rest.remove_prefix(first.answer.size());
    waiting_.pop_front();
  }
  in_.erase(0, in_.size() - rest.size());
}

class Load {
 public:
  explicit Load(const Options& options) : options_(options), epoll_(epoll_create1(0)) {
    if (epoll_ < 0) fail_system("epoll_create1");
    for (std::size_t index = 0; index < options.connections; ++index) {
      clients_.push_back(std::make_unique<Client>(options.port));
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.u64 = index;
      if (epoll_ctl(epoll_, EPOLL_CTL_ADD, clients_[index]->socket(), &event) != 0) fail_system("epoll_ctl");
    }
  }
  ~Load() { ::close(epoll_); }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  void run() {
    begin_ = now();
    end_ = begin_ + static_cast<Nanoseconds>(options_.seconds) * kSecond;
    options_.rate == 0 ? run_closed() : run_paced();
  }
  void write() const;

 private:
  void run_paced();
  void run_closed();
  // Takes what has been answered; returns the clients that were.
  const std::vector<Client*>& receive();
  std::uint64_t random_key() { return random_() % options_.keys; }
  [[nodiscard]] Nanoseconds due(std::uint64_t number) const {
    return begin_ +
           static_cast<Nanoseconds>(static_cast<double>(number) * 1e9 / static_cast<double>(options_.rate));
  }

  const Options options_;
  const int epoll_;
  std::mt19937_64 random_{7};
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<Sample> samples_;
  std::vector<Client*> answered_;
  Nanoseconds begin_ = 0;
  Nanoseconds end_ = 0;
};

void Load::run_paced() {
  const std::uint64_t total = options_.rate * options_.seconds;
  samples_.reserve(total);
  std::uint64_t sent = 0;
  while (samples_.size() < total) {
    const Nanoseconds time = now();
    if (time > end_ + kPatience) fail("requests were not answered within 30 s");
    for (int burst = 0; burst < kBurst && sent < total && due(sent) <= time; ++burst, ++sent) {
      clients_[sent % clients_.size()]->ask(due(sent), random_key());
    }
    for (const auto& client : clients_) client->flush();
    receive();
  }
}

void Load::run_closed() {
  for (const auto& client : clients_) client->ask(now(), random_key());
  for (Nanoseconds time = now(); time < end_; time = now()) {
    for (Client* client : receive()) {
      if (client->idle()) client->ask(now(), random_key());
    }
  }
}

const std::vector<Client*>& Load::receive() {
  answered_.clear();
  epoll_event events[64];
  const int count = epoll_wait(epoll_, events, 64, 0);
  if (count < 0 && errno != EINTR) fail_system("epoll_wait");
  for (int index = 0; index < count; ++index) {
    answered_.push_back(clients_[events[index].data.u64].get());
    answered_.back()->receive(samples_);
  }
  return answered_;
}

void Load::write() const {
  std::FILE* file = std::fopen(options_.file, "wb");
  if (!file) fail_system(options_.file);
  const bool whole = std::fwrite(samples_.data(), sizeof(Sample), samples_.size(), file) == samples_.size();
  if (std::fclose(file) != 0 || !whole) fail_system(options_.file);
}

std::uint64_t number(const char* text) {
  char* end = nullptr;
  const std::uint64_t value = std::strtoull(text, &end, 10);
  if (*text == '\0' || *end != '\0') fail(std::string("'") + text + "' is no number");
  return value;
}

}  // namespace

int main(int count, char** words) {
  if (count != 7) fail("usage: paced_load PORT KEYS CONNECTIONS RATE SECONDS FILE");
  const Options options{.port = static_cast<std::uint16_t>(number(words[1])),
                        .keys = number(words[2]),
                        .connections = number(words[3]),
                        .rate = number(words[4]),
                        .seconds = number(words[5]),
                        .file = words[6]};
  if (options.keys == 0 || options.connections == 0) fail("KEYS and CONNECTIONS are at least 1");
  Load load(options);
  load.run();
  load.write();
  return 0;
}
