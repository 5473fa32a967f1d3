#include "moving_world.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>

namespace limpet::shard {

namespace {

constexpr unsigned kCounters = 24;
constexpr unsigned kRegisters = 16;
constexpr std::size_t kBigBytes = 2 * kPieceBytes;  // more than a piece
constexpr std::size_t kLargePieceBytes = 65'536;    // of what is on its way between nodes
constexpr std::int64_t kCopiedMs = 20'000;      // until all followers have been asked again, and have it all
constexpr std::int64_t kLetGoMs = 2'000;        // and then until others have let go of theirs
constexpr std::int64_t kLongestWaitMs = 6'000;  // of a command
const std::vector<std::string_view> kRefusals = {"CLUSTERDOWN", "TRYAGAIN", "LOADING", "MISCONF",
                                                 "BUSY followers do not keep up"};

SimCluster::Options options_for(std::uint64_t seed, const Kinds& kinds) {
  SimCluster::Options options{.nodes = 2 + static_cast<unsigned>(seed % 6),
                              .shards = 1 + static_cast<unsigned>(seed % 2),
                              .seed = seed,
                              .delay_ms_max = 5};
  options.moves = options.journal = true;
  if (kinds.has(WorldKind::large_values)) options.piece_bytes_max = kLargePieceBytes;
  // Every third world has a rate for what it gives away, in which values of megabytes would take all day.
  options.handover_rate = seed % 3 == 0 && !kinds.has(WorldKind::large_values) ? 20'000 : 0;
  if (kinds.has(WorldKind::followed)) {
    options.copies = cluster::CopiesPolicy{
        .followers = 1 + static_cast<unsigned>(seed / 4 % 2),
        .acks = std::array{cluster::Acks::none, cluster::Acks::one, cluster::Acks::all}[seed / 8 % 3]};
  }
  options.started = std::min(options.nodes, 2 + static_cast<unsigned>(seed / 6 % 3));
  std::vector<FileNode> nodes(options.nodes, kPlainNode);
  for (unsigned i = options.started; i < options.nodes; ++i) nodes[i].listed = false;
  options.files.assign(options.nodes, cluster_text(nodes, 1));
  return options;
}

std::string counter_key(unsigned number) { return "{c" + std::to_string(number) + "}:n"; }

}  // namespace

World::World(std::uint64_t seed)
    : kinds_(seed),
      options_(options_for(seed, kinds_)),
      cluster_(options_),
      counting_(cluster_, kCounters, kRefusals),
      recording_(cluster_, kRegisters, kRefusals),
      perishing_(cluster_, kRefusals),
      own_(cluster_, kRefusals),
      large_(cluster_, kRefusals),
      listing_(cluster_, kRefusals),
      flushing_(cluster_, kRefusals, recording_),
      hasty_(cluster_),
      faults_(
          cluster_, options_, kinds_, [this](std::int64_t ms) { pass(ms); },
          [this](const auto& values) {
            recording_.may_have_become(values);
            own_.forget();
            large_.forget();
          }) {}

void World::run(int steps) {
  ASSERT_TRUE(cluster_.settle(30'000)) << "no first holders";
  add_clients();
  for (int step = 0; step < steps; ++step) {
    faults_.strike();
    work(static_cast<std::int64_t>(cluster_.random(80)));
    check_owners();
    if (::testing::Test::HasFailure()) return;
  }
  faults_.heal();
  const bool settled = cluster_.settle(120'000);
  ASSERT_TRUE(settled) << "slots are not where the last file wants them\n" << tail();
  // By every clock the near time-outs pass, also of keys that were set by one that was far ahead.
  for (unsigned node = 0; node < options_.nodes; ++node) cluster_.set_clock(node, Faults::kClockStepMsMax);
  hasty_.all_go();
  cluster_.run_for(kLongestWaitMs + Perishing::kNearMsMax);
  collect();
  check_owners();
  check_notes();
  if (kinds_.has(WorldKind::followed) && !kinds_.lose()) check_copies();
  bool first = true;
  for (unsigned node = 0; node < options_.nodes; ++node) {
    if (!faults_.listed(node)) continue;
    if (std::exchange(first, false)) {
      check_leftovers(node);
      check_every_slot_is_served(node);
    }
    check_all(node);
    hasty_.check(node);
  }
  // A claim may go on with a copy of any time.
  if (!kinds_.has(WorldKind::followed) || !kinds_.lose()) recording_.check();
}

// ---- Clients ----

void World::add_clients() {
  // Who counts cannot bear that anything is lost.
  const bool loses = kinds_.lose();
  // Nor can who knows what its keys hold bear that others delete them.
  const bool flushed = kinds_.has(WorldKind::flushing);
  for (unsigned i = 0; i < 4; ++i) {
    const unsigned node = i % options_.started;
    if (!loses) counting_.add_client(node);
    recording_.crowd.add_client(node);
    if (kinds_.has(WorldKind::spanning) && !flushed) own_.add_client(node);
  }
  if (kinds_.has(WorldKind::spanning)) recording_.span();
  own_.use_big_values(kBigBytes);
  if (kinds_.has(WorldKind::large_values) && !flushed) large_.crowd.add_client(0);
  if (!loses) perishing_.crowd.add_client(0);
  if (kinds_.has(WorldKind::listing) && !loses) {
    listing_.begin(0);
    for (unsigned i = 0; i < 2; ++i) listing_.add_client(i % options_.started);
  }
  if (kinds_.has(WorldKind::flushing)) flushing_.crowd.add_client(0);
}

void World::work(std::int64_t ms) {
  counting_.send_some();
  recording_.send_some();
  own_.send_some();
  large_.send_some();
  listing_.send_some();
  flushing_.send_some();
  if (kinds_.has(WorldKind::hasty)) hasty_.come_and_go(options_.nodes);
  if (steps_++ % 6 == 0) perishing_.send_some();
  cluster_.run_for(ms);
  collect();
}

void World::pass(std::int64_t ms) {
  for (const std::int64_t end = cluster_.now_ms() + ms; cluster_.now_ms() < end;) {
    work(static_cast<std::int64_t>(cluster_.random(80)));
  }
}

void World::collect() {
  for (Crowd* crowd : {&counting_.crowd, &recording_.crowd, &perishing_.crowd, &own_.crowd, &large_.crowd,
                       &listing_.crowd, &flushing_.crowd}) {
    crowd->collect();
    crowd->reconnect(options_.nodes);
  }
}

// ---- What has to hold ----

void World::check_all(unsigned node) {
  check_knowledge(node);
  if (counting_.crowd.size() > 0) counting_.check(node);
  recording_.read_all(node);
  perishing_.check(node);
  own_.check(node);
  large_.check(node);
  if (listing_.crowd.size() > 0) listing_.check(node);
  if (flushing_.crowd.size() > 0) flushing_.check(node);
}

unsigned World::owners_of(Slot slot) {
  unsigned owners = 0;
  for (unsigned node = 0; node < options_.nodes; ++node) {
    if (faults_.is_of_the_past(node)) continue;
    owners += handoff::owns(cluster_.disk(node).book.title(slot)) ? 1U : 0U;
  }
  return owners;
}

// What the owner of a slot has on its disk its followers have on theirs.
void World::check_copies() {
  bool parted = false;
  // One that has parted is asked again now and then, and is neither for a moment.
  const auto all_count = [&] {
    parted = false;
    for (unsigned node = 0; node < options_.nodes; ++node) {
      if (!cluster_.alive(node)) continue;
      const replica::CopiesCount copies = cluster_.copies(node);
      if (copies.counted + copies.parted != copies.wanted || copies.behind > 0) return false;
      parted = parted || copies.parted + copies.left_alone > 0;
    }
    return true;
  };
  ASSERT_TRUE(cluster_.eventually(all_count, kCopiedMs)) << "not all copies can be counted on\n" << tail();
  cluster_.run_for(kLetGoMs);
  std::vector<std::map<std::string, std::string>> disks(options_.nodes);
  for (unsigned node = 0; node < options_.nodes; ++node) {
    if (cluster_.alive(node)) disks[node] = cluster_.disk(node).strings();
  }
  // A follower has what its owner had not got to its disk when it was killed: nobody overwrites that.
  for (unsigned owner = 0; owner < options_.nodes && !parted; ++owner) check_copies_of(owner, disks);
}

void World::check_copies_of(unsigned owner, const std::vector<std::map<std::string, std::string>>& disks) {
  const auto fit = std::count_if(disks.begin(), disks.end(), [&](const auto& disk) {
    const auto node = static_cast<unsigned>(&disk - disks.data());
    return node != owner && faults_.is_to_hold(node) && cluster_.alive(node);
  });
  const auto wanted = std::min<std::ptrdiff_t>(options_.copies->followers, fit);
  for (const auto& [key, value] : disks[owner]) {
    // What has timed out is in no copy, and on its owner's disk until it is swept.
    if (key.starts_with("far") || key.starts_with("near")) continue;
    const Slot slot = KeyRef::of(key).slot;
    if (!handoff::owns(cluster_.disk(owner).book.title(slot))) continue;
    const auto copies = std::count_if(disks.begin(), disks.end(), [&](const auto& disk) {
      const auto found = disk.find(key);
      return &disk != &disks[owner] && found != disk.end() && found->second == value;
    });
    const auto anywhere = std::count_if(disks.begin(), disks.end(), [&](const auto& disk) {
      return &disk != &disks[owner] && disk.contains(key);
    });
    if (wanted == options_.copies->followers) {
      ASSERT_LE(anywhere, wanted) << key << " of n" << owner + 1 << ", slot " << slot << " was kept\n"
                                  << tail();
    }
    ASSERT_GE(copies, wanted) << key << " of n" << owner + 1 << ", slot " << slot << "\n" << tail();
  }
}

void World::check_owners() {
  for (unsigned at = 0; at < kSlots; ++at) {
    const auto slot = static_cast<Slot>(at);
    unsigned owners = owners_of(slot);
    // Of two that claim it at once the one that begins empty gives way before it serves.
    if (owners > 1 && faults_.claims()) {
      cluster_.run_for(kClaimWaitMs / 2);
      owners = owners_of(slot);
    }
    ASSERT_LE(owners, 1U) << "slot " << slot << " has two owners\n" << tail();
  }
}

// Who has given a slot away has kept nothing of it: each key is there once.
void World::check_leftovers(unsigned node) {
  const auto keys = cluster_.ask_for(cluster_.connect(node), "KEYS *");
  ASSERT_TRUE(keys && keys->type == resp::Value::Type::array) << (keys ? keys->text : "no reply");
  std::set<std::string> seen;
  for (const resp::Value& key : keys->elements) {
    EXPECT_TRUE(seen.insert(key.text).second) << key.text << " was left where it has gone from";
  }
  if (kinds_.has(WorldKind::followed)) return;
  // Nor does anybody keep what no command shows.
  const auto shown = cluster_.ask_for(cluster_.connect(node), "DBSIZE");
  ASSERT_TRUE(shown && shown->type == resp::Value::Type::integer) << (shown ? shown->text : "no reply");
  std::uint64_t kept = 0;
  for (unsigned other = 0; other < options_.nodes; ++other) kept += cluster_.stats(other).store.keys;
  EXPECT_LE(kept, static_cast<std::uint64_t>(shown->integer)) << "something was left where it has gone from\n"
                                                              << tail();
}

// Whichever shard of a node a client comes to knows who holds each slot.
void World::check_knowledge(unsigned node) {
  const std::map<std::string, std::string> owners = owners_of_counters();
  for (unsigned shard = 0; shard < options_.shards; ++shard) {
    const auto client = cluster_.connect(node);
    for (const auto& [key, owner] : owners) {
      const auto told = cluster_.ask_for(client, "CLUSTER WHERE " + key);
      constexpr std::size_t kOwner = 5;  // its value, behind those of uid and slot
      ASSERT_TRUE(told && told->elements.size() > kOwner) << key;
      EXPECT_EQ(told->elements[kOwner].text, owner) << "n" << node + 1 << " of " << key;
    }
  }
}

std::map<std::string, std::string> World::owners_of_counters() const {
  std::map<std::string, std::string> owners;
  for (unsigned i = 0; i < kCounters; ++i) {
    const std::string key = counter_key(i);
    for (unsigned node = 0; node < options_.nodes; ++node) {
      if (handoff::owns(cluster_.disk(node).book.title(slot_of(key))))
        owners[key] = "n" + std::to_string(node + 1);
    }
  }
  return owners;
}

void World::check_every_slot_is_served(unsigned node) {
  const auto client = cluster_.connect(node);
  std::string refused;
  for (unsigned slot = 0; slot < kSlots && refused.empty(); ++slot) {
    const std::string reply = cluster_.ask(client, "EXISTS " + key_of_slot(static_cast<Slot>(slot)));
    if (reply != "0" && reply != "1") refused = reply;
  }
  EXPECT_EQ(refused, "") << "a slot is refused for good\n" << tail();
}

void World::check_notes() const {
  for (const std::string& note : cluster_.notes()) {
    EXPECT_EQ(note.find("cannot be known"), std::string::npos) << note;
    if (::testing::Test::HasFailure()) return;
  }
}

std::string World::tail() const {
  std::string text;
  for (unsigned node = 0; node < options_.nodes; ++node) {
    const HandoffStats now = cluster_.stats(node).handoff;
    text += "n" + std::to_string(node + 1) + (faults_.listed(node) ? "" : " (not listed)") + ": " +
            std::to_string(now.slots) + " slots, " + std::to_string(now.to_give) + " to give, " +
            std::to_string(now.giving) + " given, " + std::to_string(now.receiving) + " received, " +
            std::to_string(now.unheld) + " held by nobody\n";
  }
  std::vector<std::string> notes = cluster_.notes();
  // One for each slot would hide the others.
  std::erase_if(notes, [](const std::string& note) { return note.find(" bytes in ") != std::string::npos; });
  for (std::size_t i = notes.size() - std::min<std::size_t>(notes.size(), 60); i < notes.size(); ++i) {
    text += notes[i] + "\n";
  }
  return text;
}

}  // namespace limpet::shard
