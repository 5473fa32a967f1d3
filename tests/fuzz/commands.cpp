// Commands: a node of one shard and a node of two are given the same commands (script.hpp). Every command
// gets exactly one well-formed reply, both nodes give the same where chance and the client's number have no
// part in it, and keys, sessions and figures agree whenever they are counted.
//
// Every fourth life has little memory; then only what each node says for itself is looked at.
//
// What the nodes hold is kept from input to input, up to kInputsPerLife of them. So that what is found can be
// repeated, all inputs of a life are kept in the file that LIMPET_FUZZ_HISTORY names: that file is an input,
// too.
#include <array>
#include <cstdlib>
#include <limpet/base/text.hpp>
#include <optional>

#include "census.hpp"
#include "conversation.hpp"
#include "fuzz.hpp"
#include "script.hpp"

namespace limpet::fuzz {
namespace {

constexpr int kInputsPerLife = 256;
constexpr int kInputsPerCensus = 32;
constexpr unsigned kLivesPerBounded = 4;
constexpr std::int64_t kBound = 300'000;
constexpr std::uint64_t kBytesPerLife = 48ULL << 20;

// ---- Two nodes, side by side ----

struct Talker {
  std::optional<SmallNode::Stream> stream;
  Conversation conversation;
};

const cluster::View& the_view() {
  static const cluster::View view = cluster::single_node({"127.0.0.1", 7379}, cluster::Durability::none);
  return view;
}

struct House {
  explicit House(unsigned shards) : node({.view = the_view(), .shards = shards}) {}
  [[nodiscard]] bool is_open(std::size_t talker) const { return node.is_open(*talkers[talker].stream); }

  SmallNode node;
  std::array<Talker, kScriptClients> talkers;
};

std::string address_of(std::size_t talker) { return "10.0.0.1:" + std::to_string(1000 + talker); }

// May two nodes say different things?
bool is_comparable(const Said& said) {
  if (said.spec == nullptr) return true;
  for (const std::string_view name : {"hello", "client", "cluster", "info", "scan", "dbsize"}) {
    if (said.spec->name == name) return false;
  }
  return said.spec->tips.find("nondeterministic") == std::string_view::npos;
}

void check_same(const std::vector<Said>& said, const std::vector<std::string>& a,
                const std::vector<std::string>& b) {
  FUZZ_CHECK(a.size() == b.size());
  std::size_t next = 0;
  for (const Said& one : said) {
    if (!one.answered) continue;
    FUZZ_CHECK(!is_comparable(one) || a[next] == b[next]);
    ++next;
  }
}

bool is_config_set(const std::vector<std::string>& words) {
  return words.size() > 1 && equals_ignore_case(words[0], "config") && equals_ignore_case(words[1], "set");
}

class Street {
 public:
  Street() : houses_{House(1), House(2)} {
    for (std::size_t talker = 0; talker < kScriptClients; ++talker) reopen(talker);
  }

  void do_line(const ScriptLine& line);
  void bound();
  void end_input();
  [[nodiscard]] bool is_used_up() const { return used_up_; }
  void clear_out() {
    talk();
    for (House& house : houses_) check_emptying(house.node);
  }

 private:
  void say(const std::vector<std::string>& words) {
    if (is_config_set(words) && !bounded_) return;
    for (House& house : houses_) house.talkers[talking_].conversation.say(words);
  }
  void talk();
  void reopen(std::size_t talker);
  void reopen_closed();
  void check_keys();

  std::array<House, 2> houses_;
  std::size_t talking_ = 0;
  bool pipelining_ = false;
  bool bounded_ = false;
  int inputs_ = 0;
  bool used_up_ = false;
};

void Street::reopen(std::size_t talker) {
  for (House& house : houses_) {
    if (house.talkers[talker].stream) house.node.hang_up(*house.talkers[talker].stream);
    house.talkers[talker] = {house.node.open_client(address_of(talker)), {}};
  }
}

// CLIENT KILL may have ended others than the one that spoke, and not the same in both nodes.
void Street::reopen_closed() {
  for (std::size_t talker = 0; talker < kScriptClients; ++talker) {
    if (!houses_[0].is_open(talker) || !houses_[1].is_open(talker)) reopen(talker);
  }
}

// Sends what was said, and looks at the replies.
void Street::talk() {
  const std::vector<Said> said = houses_[0].talkers[talking_].conversation.said();
  if (said.empty()) return;
  std::array<std::vector<std::string>, 2> replies;
  bool ended = false;
  for (std::size_t i = 0; i < houses_.size(); ++i) {
    House& house = houses_[i];
    Talker& talker = house.talkers[talking_];
    house.node.send(*talker.stream, talker.conversation.bytes());
    const bool closed = !house.is_open(talking_);
    replies[i] = talker.conversation.check(house.node.take(*talker.stream), closed);
    talker.conversation.clear();
    ended = ended || closed;
  }
  if (!ended && !bounded_) check_same(said, replies[0], replies[1]);
  reopen_closed();
}

void Street::check_keys() {
  const auto keys = take_census(houses_[0].node);
  const auto others = take_census(houses_[1].node);
  FUZZ_CHECK(bounded_ || keys == others);
  reopen_closed();  // CONFIG SET timeout
  for (const House& house : houses_) {
    FUZZ_CHECK(house.node.stats().counters.connected_clients == kScriptClients);
    FUZZ_CHECK(house.node.stats().counters.clients_paused == 0);
  }
}

void Street::do_line(const ScriptLine& line) {
  using Kind = ScriptLine::Kind;
  if (line.kind == Kind::command) {
    say(line.words);
    if (!pipelining_) talk();
    return;
  }
  if (line.kind == Kind::nothing) return;
  talk();
  pipelining_ = line.kind == Kind::pipeline;
  if (line.kind == Kind::client) talking_ = static_cast<std::size_t>(line.number);
  if (line.kind == Kind::check) check_keys();
  if (line.kind == Kind::end) end_input();
  if (line.kind == Kind::pass) {
    for (House& house : houses_) house.node.pass(line.number);
    reopen_closed();
  }
  if (line.kind == Kind::bounded) bound();
}

void Street::bound() {
  bounded_ = true;
  for (House& house : houses_) bound_memory(house.node, kBound);
}

void Street::end_input() {
  talk();
  pipelining_ = false;
  talking_ = 0;
  if (++inputs_ % kInputsPerCensus == 0) check_keys();
  used_up_ = inputs_ >= kInputsPerLife;
  for (const House& house : houses_) {
    used_up_ = used_up_ || house.node.stats().store.bytes > kBytesPerLife;
  }
}

// ---- What was done in this life ----

class History {
 public:
  void begin() {
    if (const char* path = std::getenv("LIMPET_FUZZ_HISTORY")) file_.reset(std::fopen(path, "wb"));
  }
  void add(std::string_view input) {
    if (!file_) return;
    std::fwrite(input.data(), 1, input.size(), file_.get());
    std::fflush(file_.get());
  }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::unique_ptr<std::FILE, Close> file_;
};

struct Life {
  std::unique_ptr<Street> street;
  History history;
  unsigned lives = 0;

  void begin() {
    history.add("\n!reset\n");
    if (street) street->clear_out();
    street = std::make_unique<Street>();
    history.begin();
  }
  void go_on() {
    if (street && !street->is_used_up()) return;
    begin();
    if (++lives % kLivesPerBounded != 0) return;
    street->bound();
    history.add("!bounded\n");
  }
};

void run(Life& life, std::string_view input) {
  life.go_on();
  life.history.add(input);
  for (const std::string_view text : lines_of(input)) {
    const ScriptLine line = read_script_line(text);
    if (line.kind == ScriptLine::Kind::reset) {
      life.begin();
      life.history.add(input.substr(static_cast<std::size_t>(text.data() + text.size() - input.data())));
    } else {
      life.street->do_line(line);
    }
  }
  life.street->end_input();
  life.history.add("\n!end\n");
}

}  // namespace
}  // namespace limpet::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static limpet::fuzz::Life life;
  limpet::fuzz::run(life, limpet::fuzz::text_of(data, size));
  return 0;
}
