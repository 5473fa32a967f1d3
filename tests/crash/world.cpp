#include "world.hpp"

#include <algorithm>
#include <limpet/base/assert.hpp>
#include <limpet/resp/value.hpp>
#include <utility>

namespace limpet::crash {

namespace {

constexpr std::size_t kClients = 3;
constexpr std::size_t kSessionsOfClient = 3;
constexpr std::size_t kAwaitedMax = 24;
constexpr std::uint64_t kStepsMax = 2'500;
constexpr std::int64_t kHourMs = 3'600'000;

const cluster::View& one_node() {
  static const auto file = cluster::parse_file(
      "epoch = 1\n[cluster]\nname = \"sim\"\n[[node]]\nname = \"n1\"\nclient = \"10.0.0.1:7600\"\n",
      "sim.toml");
  LIMPET_ASSERT(file.has_value());
  return file->view;
}

// Of words with one space in between.
std::string request(std::string_view line) {
  std::string words;
  std::size_t count = 0;
  for (std::size_t at = 0; at <= line.size(); ++count) {
    const std::string_view word = line.substr(at, line.find(' ', at) - at);
    words += "$" + std::to_string(word.size()) + "\r\n" + std::string(word) + "\r\n";
    at += word.size() + 1;
  }
  return "*" + std::to_string(count) + "\r\n" + words;
}

}  // namespace

World::World(std::uint64_t seed) : dice_(seed) {
  options_.always = dice_.one_in(2);
  options_.segment_bytes = std::size_t{512} << dice_.below(6);
  options_.snapshots_one_in = dice_.one_in(3) ? 0 : 1 + dice_.below(20);
  for (std::size_t i = 0; i < kClients * kSessionsOfClient; ++i) {
    Session& session = sessions_.emplace_back();
    session.uid = "{u" + std::to_string(i) + "}";
    session.slot = slot_of(session.uid);
  }
}

std::string World::describe() const {
  return std::string(options_.always ? "always" : "interval") + ", files of " +
         std::to_string(options_.segment_bytes) + " bytes" +
         (options_.snapshots_one_in == 0 ? ", no snapshots" : ", snapshots");
}

void World::fail(std::string what) {
  if (failure_.empty()) failure_ = std::move(what);
}

// ---- The story ----

void World::run() {
  const std::uint64_t generations = 3 + dice_.below(4);
  for (std::uint64_t i = 0; i < generations && failure_.empty(); ++i) {
    start_and_work(kStepsMax);
    if (!failure_.empty()) return;
    node_->serving() && dice_.one_in(8) ? stop() : crash();
  }
  start();
  while (failure_.empty() && !node_->serving()) {
    node_->step();
    fail(node_->refusal());
  }
}

void World::start() {
  SimNode::Hooks hooks;
  hooks.loaded = [this] { check(); };
  hooks.sync_begins = [this](unsigned shard) {
    for (Session& session : sessions_) {
      if (session.slot % node_->shards() == shard) session.syncing = session.shown;
    }
  };
  hooks.sync_ended = [this](unsigned shard) {
    for (Session& session : sessions_) {
      if (session.slot % node_->shards() == shard) session.synced = session.syncing;
    }
  };
  options_.shards = 1 + static_cast<unsigned>(dice_.below(3));
  if (dice_.one_in(3)) now_.unix_ms += 3 * kHourMs;
  clients_.clear();
  node_ = std::make_unique<SimNode>(disk_, dice_, now_, one_node(), options_, std::move(hooks));
}

// Until the crash is to come: after some steps, or with some operation on the disk, or soon behind it.
void World::start_and_work(std::uint64_t steps_max) {
  start();
  const auto operation = static_cast<SimDisk::Operation>(dice_.below(SimDisk::kOperations));
  const std::uint64_t many[SimDisk::kOperations] = {12, 150, 100, 6, 24, 20};
  const std::uint64_t count =
      disk_.count(operation) + 1 + dice_.below(many[static_cast<std::size_t>(operation)]);
  std::uint64_t left = dice_.one_in(3) ? dice_.below(steps_max) : steps_max;
  bool near = false;
  for (; left > 0 && failure_.empty(); --left) {
    if (node_->serving() && dice_.one_in(4)) {
      if (clients_.empty()) {
        for (Session& session : sessions_) session.begin_with(at_time(session.newest(), now_.unix_ms));
        power_failed_ = false;
        for (std::size_t i = 0; i < kClients; ++i) clients_.push_back({.connection = node_->connect()});
      }
      send_some();
    } else {
      node_->step();
    }
    collect();
    if (!node_->refusal().empty()) return fail("the node does not start: " + node_->refusal());
    if (!near && steps_max == kStepsMax && disk_.count(operation) >= count) {
      near = true;
      left = 1 + dice_.below(3);
    }
  }
}

void World::stop() {
  const auto waiting = [](const Client& client) { return !client.awaited.empty(); };
  while (failure_.empty() && std::any_of(clients_.begin(), clients_.end(), waiting)) {
    node_->step();
    collect();
  }
  if (!failure_.empty()) return;
  node_->stop();
  node_.reset();
  ++counts_.stops;
  for (Session& session : sessions_) session.synced = session.shown;
  disk_.lose_power(dice_);
  power_failed_ = true;
}

void World::crash() {
  if (!node_->serving()) ++counts_.crashes_at_start;
  node_.reset();
  if (dice_.one_in(2)) {
    ++counts_.kills;
    return;
  }
  ++counts_.power_failures;
  disk_.lose_power(dice_);
  power_failed_ = true;
}

// ---- Commands ----

void World::send_some() {
  const auto client = static_cast<std::size_t>(dice_.below(clients_.size()));
  for (std::uint64_t i = dice_.below(6); i > 0 && clients_[client].awaited.size() < kAwaitedMax; --i) {
    dice_.one_in(4) ? read(client) : write(client);
  }
}

void World::send(std::size_t client, const std::string& text,
                 const std::vector<std::pair<std::size_t, State>>& changes) {
  Client& from = clients_[client];
  ++from.commands;
  ++counts_.commands;
  Awaited awaited{.text = text.substr(0, 60)};
  for (const auto& [at, state] : changes) {
    Session& session = sessions_[at];
    if (session.newest() != state) {
      session.versions.push_back({.state = state,
                                  .client = client,
                                  .shard = session.slot % node_->shards(),
                                  .command = from.commands});
    }
    awaited.writes.emplace_back(at, session.last());
  }
  from.awaited.push_back(std::move(awaited));
  node_->send(from.connection, request(text));
}

// No two are alike, so whoever sees one knows when it was written. Some are longer than sectors, files and
// pieces of a snapshot.
std::string World::value() {
  const std::string text = "v" + std::to_string(++values_);
  if (dice_.one_in(200)) return text + std::string(40'000, 'x');
  return dice_.one_in(10) ? text + std::string(dice_.below(3'000), 'x') : text;
}

// A client writes its own sessions alone, so their order is known.
void World::write(std::size_t client) {
  const std::size_t first = client * kSessionsOfClient;
  const std::size_t at = first + dice_.below(kSessionsOfClient);
  switch (dice_.below(8)) {
    case 0:
    case 1:
    case 2:
      return write_string(client, at);
    case 3:
    case 4:
      return write_hash(client, at);
    case 5:
      return write_two(client, at, first + dice_.below(kSessionsOfClient));
    default:
      return write_any(client, at);
  }
}

void World::write_string(std::size_t client, std::size_t at) {
  const Session& session = sessions_[at];
  State state = session.newest();
  const char key = kStringKeys[dice_.below(3)];
  const std::string text = value();
  switch (dice_.below(4)) {
    case 0:
      state[key].text += text;
      return send(client, "APPEND " + session.name(key) + " " + text, {{at, state}});
    case 1: {
      std::string& number = state['n'].text;
      number = std::to_string(number.empty() ? 1 : std::stoll(number) + 1);
      return send(client, "INCR " + session.name('n'), {{at, state}});
    }
    case 2:
      state['m'] = {.text = text};
      state['o'] = {.text = text + "o"};
      return send(client,
                  "MSET " + session.name('m') + " " + text + " " + session.name('o') + " " + text + "o",
                  {{at, state}});
    default:
      state[key] = {.text = text};
      return send(client, "SET " + session.name(key) + " " + text, {{at, state}});
  }
}

void World::write_hash(std::size_t client, std::size_t at) {
  const Session& session = sessions_[at];
  State state = session.newest();
  if (dice_.one_in(4)) {
    const std::string field = "f" + std::to_string(dice_.below(4));
    const auto key = state.find(kHashKey);
    if (key != state.end() && key->second.fields.erase(field) != 0 && key->second.fields.empty())
      state.erase(key);
    return send(client, "HDEL " + session.name(kHashKey) + " " + field, {{at, state}});
  }
  std::string text = "HSET " + session.name(kHashKey);
  const std::uint64_t fields = dice_.one_in(20) ? 60 : 1 + dice_.below(3);
  for (std::uint64_t i = 0; i < fields; ++i) {
    const std::string field = "f" + std::to_string(fields > 4 ? i : dice_.below(4));
    const std::string written = value();
    state[kHashKey].fields[field] = written;
    text += " " + field + " " + written;
  }
  send(client, text, {{at, state}});
}

void World::write_any(std::size_t client, std::size_t at) {
  const Session& session = sessions_[at];
  State state = session.newest();
  const char key = dice_.one_in(3) ? kHashKey : kStringKeys[dice_.below(kStringKeys.size())];
  const auto found = state.find(key);
  switch (dice_.below(4)) {
    case 0: {
      const std::int64_t until =
          dice_.one_in(5) ? 1 : now_.unix_ms + kHourMs + static_cast<std::int64_t>(values_);
      if (found != state.end())
        until == 1 ? void(state.erase(found)) : void(found->second.expires_unix_ms = until);
      return send(client, "PEXPIREAT " + session.name(key) + " " + std::to_string(until), {{at, state}});
    }
    case 1:
      if (found != state.end()) found->second.expires_unix_ms = -1;
      return send(client, "PERSIST " + session.name(key), {{at, state}});
    default:
      state.erase(key);
      state.erase('n');
      return send(client, "DEL " + session.name(key) + " " + session.name('n'), {{at, state}});
  }
}

// A change of each of two sessions, or of one.
void World::write_two(std::size_t client, std::size_t at, std::size_t other) {
  State one = sessions_[at].newest();
  const std::string text = value();
  const char from = kStringKeys[dice_.below(3)];
  const char to = kStringKeys[dice_.below(3)];
  if (dice_.one_in(2) && one.contains(from) && (at != other || from != to)) {
    const Key moved = one[from];
    one.erase(from);
    const std::string line = "RENAME " + sessions_[at].name(from) + " " + sessions_[other].name(to);
    if (at == other) {
      one[to] = moved;
      return send(client, line, {{at, one}});
    }
    State two = sessions_[other].newest();
    two[to] = moved;
    return send(client, line, {{other, two}, {at, one}});
  }
  if (at == other) return;
  State two = sessions_[other].newest();
  one['m'] = {.text = text};
  two['m'] = {.text = text};
  send(client, "MSET " + sessions_[at].name('m') + " " + text + " " + sessions_[other].name('m') + " " + text,
       {{at, one}, {other, two}});
}

void World::read(std::size_t client) {
  const std::size_t at = dice_.below(sessions_.size());
  const Session& session = sessions_[at];
  const bool own = at / kSessionsOfClient == client;
  const char key = dice_.one_in(4) ? kHashKey : kStringKeys[dice_.below(kStringKeys.size())];
  const std::string text = (key == kHashKey ? "HGETALL " : "GET ") + session.name(key);
  Client& from = clients_[client];
  from.awaited.push_back(
      {.read = at, .key = key, .from = own ? session.last() : session.shown, .exact = own, .text = text});
  ++counts_.reads;
  node_->send(from.connection, request(text));
}

// ---- Replies ----

namespace {

// The next reply of those that came, taken away.
std::optional<std::string> next_reply(std::string& received) {
  const auto length = resp::value_length(received);
  LIMPET_ASSERT(length.has_value());
  if (!*length) return std::nullopt;
  std::string reply = received.substr(0, **length);
  received.erase(0, **length);
  return reply;
}

std::optional<Key> key_of(const resp::Value& value) {
  if (value.type == resp::Value::Type::bulk) return Key{.text = value.text};
  if (value.elements.empty()) return std::nullopt;
  Key key;
  for (std::size_t i = 0; i + 1 < value.elements.size(); i += 2)
    key.fields[value.elements[i].text] = value.elements[i + 1].text;
  return key;
}

}  // namespace

void World::collect() {
  for (Client& client : clients_) {
    client.received += node_->take(client.connection);
    while (!client.received.empty() && failure_.empty()) {
      const auto reply = next_reply(client.received);
      if (!reply) break;
      if (client.awaited.empty()) return fail("a reply that nothing was asked for: " + *reply);
      const Awaited awaited = std::move(client.awaited.front());
      client.awaited.pop_front();
      take_reply(awaited, *reply);
    }
  }
}

void World::take_reply(const Awaited& awaited, const std::string& reply) {
  const auto value = resp::read_value(reply);
  if (!value || value->type == resp::Value::Type::error) return fail(awaited.text + ": " + reply);
  for (const auto& [session, version] : awaited.writes) sessions_[session].show(version);
  if (!awaited.read) return;
  Session& session = sessions_[*awaited.read];
  const auto version = session.find(awaited.from, awaited.key, key_of(*value));
  if (!version || (awaited.exact && *version != awaited.from)) {
    return fail(awaited.text + " shows what it was not or is no longer: " + reply.substr(0, 200));
  }
  session.show(*version);
}

// ---- After a crash ----

std::size_t World::promised(const Session& session) const {
  return power_failed_ && !options_.always ? session.synced : session.shown;
}

State World::look(SimNode& node, const Session& session) {
  const std::string keys = std::string(kStringKeys) + kHashKey;
  std::string lines;
  for (const char key : keys) {
    lines += (key == kHashKey ? "HGETALL " : "GET ") + session.name(key) + "\r\n";
    lines += "PEXPIRETIME " + session.name(key) + "\r\n";
  }
  std::string answer = node.ask(session.slot, lines);
  State state;
  for (const char key : keys) {
    const auto content = next_reply(answer);
    const auto expires = content ? next_reply(answer) : std::nullopt;
    if (!expires) {
      fail("no answer about " + session.name(key));
      return state;
    }
    std::optional<Key> found = key_of(*resp::read_value(*content));
    if (!found) continue;
    found->expires_unix_ms = resp::read_value(*expires)->integer;
    state[key] = std::move(*found);
  }
  return state;
}

void World::check() {
  if (disk_.has(disk::kBaseName)) ++counts_.snapshots;
  std::map<std::pair<std::size_t, unsigned>, OrderKept> order;
  std::size_t keys = 0;
  for (Session& session : sessions_) {
    check_session(*node_, session, order);
    if (!failure_.empty()) return;
    keys += session.newest().size();
  }
  for (const auto& [of, kept] : order) {
    if (kept.newest_there <= kept.oldest_missing) continue;
    fail("command " + std::to_string(kept.newest_there) + " of client " + std::to_string(of.first) +
         " is there, and its command " + std::to_string(kept.oldest_missing) + " before is not");
  }
  if (node_->keys() > keys) fail("there are keys that nobody has made, or that were deleted");
}

void World::check_session(SimNode& node, Session& session,
                          std::map<std::pair<std::size_t, unsigned>, OrderKept>& order) {
  const State found = look(node, session);
  const std::size_t from = promised(session);
  const auto there = session.find(from, found, now_.unix_ms);
  if (!there) {
    const bool old = session.find(0, found, now_.unix_ms).has_value();
    return fail(session.uid + " of slot " + std::to_string(session.slot) +
                (old ? " has lost what was promised: it is " : " is as it never was: ") + to_text(found) +
                "\n  promised: " + to_text(session.versions[from].state) +
                "\n  newest:   " + to_text(session.newest()));
  }
  for (std::size_t at = 0; at < session.versions.size(); ++at) {
    const Version& version = session.versions[at];
    if (version.command == 0) continue;
    OrderKept& kept = order[{version.client, version.shard}];
    if (at <= there->first) kept.newest_there = std::max(kept.newest_there, version.command);
    if (at > there->second) kept.oldest_missing = std::min(kept.oldest_missing, version.command);
  }
  counts_.lost += session.last() - there->second;
  counts_.lost_shown += session.shown - std::min(session.shown, there->second);
  session.forget_after(there->second);
}

}  // namespace limpet::crash
