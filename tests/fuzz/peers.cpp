// Peers: a node of two shards among others that break every rule. Lines of text say what they send:
//
//   client GET k0                              a client of the node says this
//   peer request 1 9 1 2 1 0 GET k0            id, slot ('-': of the key), hops, version, authenticated,
//   reach, words peer frame 8 128 9 1 "body"                type, bits, slot, id, body peer bytes "\x00\x01"
//   no frame at all peer open | close                          another connection to the peer port, not
//   greeted; the end of it peer greet demo n2 | peer proof ""         of a connection that is not greeted yet
//   link 0 reply 0 "+OK\r\n"                   to the oldest open request on the first link: outcome, body
//   link 0 frame 9 0 0 1 "body" | link 0 bytes "..." | link 0 close | link 0 greet n2 | link 0 welcome ""
//   pass 500                                   milliseconds
//
// A first peer has been admitted, and the first links are up. Whatever the others do: nothing breaks, what
// the node sends them are frames, peers get one reply to each request, and the client exactly one to each of
// its commands.
#include <limpet/base/limits.hpp>
#include <limpet/base/number.hpp>
#include <limpet/peer/frame.hpp>
#include <limpet/peer/greeting.hpp>
#include <limpet/resp/request.hpp>
#include <limpet/resp/value.hpp>
#include <map>

#include "conversation.hpp"
#include "fuzz.hpp"
#include "small_node.hpp"

namespace limpet::fuzz {
namespace {

using peer::Frame;
using peer::FrameType;

constexpr std::string_view kFile = R"(
epoch = 1
[cluster]
name = "demo"
durability = "none"
[[node]]
name = "n1"
client = "10.0.0.1:7600"
peer = "10.0.0.1:7700"
weight = 0.01
[[node]]
name = "n2"
client = "10.0.0.2:7600"
peer = "10.0.0.2:7700"
weight = 0.01
)";
// By then everything that was under way has run out of time.
constexpr std::int64_t kAllTimesOut = 2 * kForwardMs;
constexpr std::size_t kLinesMax = 64;

const cluster::View& the_view() {
  static const auto file = cluster::parse_file(kFile, "f.toml");
  return file->view;
}

// ---- One end of a connection between nodes: ours ----

class Side {
 public:
  Side(SmallNode& node, const SmallNode::Stream& stream) : node_(node), stream_(stream) {}

  void send(FrameType type, unsigned bits, Slot slot, std::uint64_t id, std::string_view body) {
    Bytes out;
    peer::append_frame(
        out, {.type = type, .bits = static_cast<std::uint8_t>(bits), .slot = slot, .id = id, .body = body});
    node_.send(stream_, out.view());
  }
  void send_bytes(std::string_view bytes) { node_.send(stream_, bytes); }
  void greet(std::string_view cluster, std::string_view name) {
    peer::Greeting greeting;
    greeting.cluster = cluster;
    greeting.node = name;
    greeting.epoch = the_view().epoch;
    greeting.content_digest = the_view().content_digest;
    Bytes body;
    peer::append_greeting(body, greeting);
    send(FrameType::greet, 0, 0, 0, body.view());
  }
  void close() { node_.hang_up(stream_); }
  [[nodiscard]] bool is_open() const { return node_.is_open(stream_); }

  // Hands each frame that the node has sent meanwhile to `take`, put together from its pieces.
  template <class Take>
  void each_frame(Take take) {
    unread_ += node_.take(stream_);
    std::string_view rest = unread_;
    while (true) {
      const peer::FrameStep step = peer::next_frame(rest, kPieceBytes);
      FUZZ_CHECK(step.kind != peer::FrameStep::Kind::error);
      if (step.kind == peer::FrameStep::Kind::need_more) break;
      const auto whole = assembler_.add(step.frame);
      FUZZ_CHECK(whole.has_value());
      if (*whole != nullptr) take(**whole);
      rest.remove_prefix(step.consumed);
    }
    unread_.erase(0, unread_.size() - rest.size());
  }

 private:
  SmallNode& node_;
  SmallNode::Stream stream_;
  std::string unread_;
  peer::Assembler assembler_;
};

// ---- A node that dialled the one under test ----

class HostilePeer {
 public:
  explicit HostilePeer(SmallNode& node) : side(node, node.open_peer("10.0.0.2:1")) {}

  void request(std::uint64_t id, Slot slot, const peer::Request& head,
               const std::vector<std::string_view>& words) {
    Bytes body;
    peer::append_request(body, head, words);
    const std::string_view bytes = body.view();
    ++requests_[id];
    for (std::size_t at = 0; at < bytes.size(); at += kPieceBytes) {
      const bool more = bytes.size() - at > kPieceBytes;
      side.send(FrameType::request, more ? peer::kMore : 0, slot, id, bytes.substr(at, kPieceBytes));
    }
  }
  void read() {
    side.each_frame([&](const Frame& frame) {
      if (frame.type != FrameType::reply) return;
      FUZZ_CHECK(frame.bits <= static_cast<std::uint8_t>(peer::Outcome::in_doubt));
      if (frame.bits == static_cast<std::uint8_t>(peer::Outcome::done)) {
        const auto length = resp::value_length(frame.body);
        FUZZ_CHECK(length && *length == frame.body.size());
      }
      FUZZ_CHECK(is_wild || requests_[frame.id] > 0);
      --requests_[frame.id];
    });
  }
  void check_answered() {
    if (is_wild || !side.is_open()) return;
    for (const auto& [id, count] : requests_) FUZZ_CHECK(count == 0);
  }

  Side side;
  bool is_wild = false;  // it sent other things than requests: nobody knows how many replies it is to get

 private:
  std::map<std::uint64_t, int> requests_;
};

// ---- A node that was dialled ----

class HostileLink {
 public:
  HostileLink(SmallNode& node, const SmallNode::Stream& stream) : side(node, stream) {}

  void read() {
    side.each_frame([&](const Frame& frame) {
      if (frame.type != FrameType::request) return;
      peer::Request request;
      std::vector<std::string_view> args;
      FUZZ_CHECK(peer::read_request(frame.body, request, args));
      FUZZ_CHECK(request.hops >= 1 && request.hops <= kFollowHopsMax && request.reach != peer::Reach::shard);
      requests_.push_back(frame.id);
    });
  }
  // Answers the oldest request that is open.
  void reply(unsigned outcome, std::string_view body) {
    read();
    if (requests_.empty()) return;
    side.send(FrameType::reply, outcome, 0, requests_.front(), body);
    requests_.erase(requests_.begin());
  }

  Side side;

 private:
  std::vector<std::uint64_t> requests_;
};

// ---- The lines of an input ----

class Words {
 public:
  explicit Words(const resp::Args& words) : words_(words) {}
  std::string_view text() { return at_ < words_.size() ? words_[at_++] : std::string_view(); }
  std::uint64_t number(std::uint64_t max) { return std::min(parse_uint64(text()).value_or(0), max); }
  std::vector<std::string_view> rest() {
    return {words_.begin() + static_cast<std::ptrdiff_t>(at_), words_.end()};
  }

 private:
  const resp::Args& words_;
  std::size_t at_ = 0;
};

class Stage {
 public:
  Stage()
      : node_({.view = the_view(), .shards = 2, .others_answer = true}),
        client_(node_.open_client("10.0.1.1:1")) {
    peers_.emplace_back(node_);
    peers_[0].side.greet("demo", "n2");
    peers_[0].side.send(FrameType::proof, 0, 0, 0, "");
    node_.pass(kTickMs);
    meet_links();
    for (HostileLink& link : links_) {
      link.side.greet("demo", "n2");
      link.side.send(FrameType::welcome, 0, 0, 0, "");
    }
  }

  void do_line(const resp::Args& line) {
    Words words(line);
    const std::string_view who = words.text();
    if (who == "pass") node_.pass(static_cast<std::int64_t>(words.number(10'000)));
    if (who == "client") do_client(words.rest());
    if (who == "peer") do_peer(words);
    if (who == "link" && !links_.empty()) do_link(links_[words.number(99) % links_.size()], words);
    read();
  }
  void finish() {
    node_.pass(kAllTimesOut);
    read();
    for (HostilePeer& peer : peers_) peer.check_answered();
    const std::size_t replies = split_replies(replies_).size();
    FUZZ_CHECK(replies == said_.expected() || (replies < said_.expected() && !node_.is_open(client_)));
    check_others_unharmed();
  }

 private:
  void read() {
    meet_links();
    for (HostilePeer& peer : peers_) peer.read();
    for (HostileLink& link : links_) link.read();
    replies_ += node_.take(client_);
  }
  void meet_links() {
    for (const SmallNode::Stream& stream : node_.take_dialled()) links_.emplace_back(node_, stream);
  }
  void do_client(const std::vector<std::string_view>& words) {
    if (words.empty() || !node_.is_open(client_)) return;
    said_.say({words.begin(), words.end()});
    node_.send(client_, array_of(words));
  }
  void do_peer(Words& words);
  void do_link(HostileLink& link, Words& words);
  static bool do_raw(Side& side, std::string_view what, Words& words);
  void check_others_unharmed() {
    const SmallNode::Stream other = node_.open_client("10.0.1.2:1");
    node_.send(other, "PING\r\n");
    FUZZ_CHECK(node_.take(other) == "+PONG\r\n");
  }

  SmallNode node_;
  SmallNode::Stream client_;
  Conversation said_;
  std::string replies_;
  std::vector<HostilePeer> peers_;
  std::vector<HostileLink> links_;
};

// What both kinds of connections know.
bool Stage::do_raw(Side& side, std::string_view what, Words& words) {
  if (what == "bytes") {
    side.send_bytes(words.text());
  } else if (what == "frame") {
    const auto type = static_cast<FrameType>(words.number(255));
    const auto bits = static_cast<unsigned>(words.number(255));
    const auto slot = static_cast<Slot>(words.number(0xffff));
    const std::uint64_t id = words.number(~std::uint64_t{0});
    side.send(type, bits, slot, id, words.text());
  } else if (what == "close") {
    side.close();
  } else if (what == "greet") {
    const std::string_view cluster = words.text();
    side.greet(cluster, words.text());
  } else {
    return false;
  }
  return true;
}

void Stage::do_peer(Words& words) {
  const std::string_view what = words.text();
  HostilePeer& peer = peers_.back();
  if (what == "open") {
    if (peers_.size() < 8) peers_.emplace_back(node_);
  } else if (what == "proof") {
    peer.side.send(FrameType::proof, 0, 0, 0, words.text());
  } else if (what == "request") {
    const std::uint64_t id = words.number(~std::uint64_t{0});
    const auto slot = parse_uint64(words.text());
    peer::Request head{.epoch = 1};
    head.hops = static_cast<std::uint8_t>(words.number(255));
    head.version = static_cast<std::uint8_t>(words.number(255));
    head.authenticated = words.number(1) == 1;
    head.reach = static_cast<peer::Reach>(words.number(3));
    const std::vector<std::string_view> args = words.rest();
    const Slot of_key = args.size() > 1 ? slot_of(args[1]) : Slot{0};
    if (!args.empty()) peer.request(id, slot ? static_cast<Slot>(*slot % kSlots) : of_key, head, args);
  } else {
    peer.is_wild = do_raw(peer.side, what, words) || peer.is_wild;
  }
}

void Stage::do_link(HostileLink& link, Words& words) {
  const std::string_view what = words.text();
  if (what == "reply") {
    const auto outcome = static_cast<unsigned>(words.number(255));
    link.reply(outcome, words.text());
  } else if (what == "welcome") {
    link.side.send(FrameType::welcome, 0, 0, 0, words.text());
  } else {
    do_raw(link.side, what, words);
  }
}

}  // namespace
}  // namespace limpet::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limpet::fuzz;
  Stage stage;
  std::size_t lines = 0;
  for (const std::string_view line : lines_of(text_of(data, size))) {
    std::string storage;
    limpet::resp::Args words;
    if (++lines > kLinesMax) break;
    if (limpet::resp::split_words(line, storage, words)) stage.do_line(words);
  }
  stage.finish();
  return 0;
}
