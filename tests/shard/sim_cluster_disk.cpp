// What a simulated node reads from its files, and writes to its disk.
#include <algorithm>
#include <limpet/base/assert.hpp>
#include <limpet/base/hash.hpp>
#include <utility>

#include "sim_cluster.hpp"

namespace limpet::shard {

namespace {

constexpr char kNoRoom[] = "no space left on the device";

std::uint64_t digest_of(const TitleWrite& write) {
  Bytes bytes;
  handoff::append_title(bytes, write.slot, write.title);
  return hash64(bytes.view(), write.founded);
}

void take_titles(handoff::TitleBook& book, const std::vector<TitleWrite>& titles) {
  for (const TitleWrite& write : titles) {
    if (write.founded != 0) book.found(write.founded);
    book.set(write.slot, write.title);
  }
}

}  // namespace

cluster::View SimCluster::file_of(unsigned index) const {
  auto file = cluster::parse_file(nodes_[index].file, "sim.toml");
  LIMPET_ASSERT(file.has_value());
  if (options_.copies && file->view.copies.followers == 0) file->view.copies = *options_.copies;
  return std::move(file->view);
}

// False: it is not a node of its file.
bool SimCluster::read_file(unsigned index) {
  Node& node = nodes_[index];
  cluster::View file = file_of(index);
  if (!file.find("n" + std::to_string(index + 1))) return false;
  node.members = cluster::Members(node.disk.book.names());
  if (node.members.set_file(std::move(file))) show_view(index);
  return true;
}

// Numbers are on the disk before anybody hears of them.
void SimCluster::show_view(unsigned index) {
  Node& node = nodes_[index];
  for (const std::string& name : node.members.names()) LIMPET_ASSERT(node.disk.book.member(name).has_value());
  node.view = std::make_shared<const cluster::View>(node.members.view());
}

void SimCluster::write_file(unsigned index, std::string text) { nodes_[index].file = std::move(text); }

bool SimCluster::reload(unsigned index) {
  Node& node = nodes_[index];
  cluster::View file = file_of(index);
  if (!cluster::check_successor(node.members.file(), file) || !node.members.set_file(std::move(file))) {
    return false;
  }
  show_to_shards(index, 4);
  node.founding->propose(Founding::id_of(node.view->placement_digest));
  return true;
}

// As node/boots.hpp has it, without its words.
std::shared_ptr<const Boots> SimCluster::boots_of(unsigned index) {
  const std::string me = "n" + std::to_string(index + 1);
  const auto raise = [this, index](const std::string& name, std::uint64_t boot) {
    std::uint64_t& highest = nodes_[index].disk.heard[name];
    if (handoff::counter_of(boot) > handoff::counter_of(highest)) highest = boot;
    return std::string();
  };
  Boots boots;
  boots.runs = raise;
  boots.has_run = [this, index, me, raise](const std::string& name, std::uint64_t boot, const std::string&) {
    const std::uint64_t mine = nodes_[index].disk.book.boot();
    const bool known = name == me && (boot == mine || handoff::counter_of(boot) < handoff::counter_of(mine));
    return known ? std::string() : raise(name, boot);
  };
  boots.ran_elsewhere = [this, index, me] { return nodes_[index].disk.heard.contains(me); };
  boots.all = [this, index] {
    const auto& heard = nodes_[index].disk.heard;
    return std::vector<std::pair<std::string, std::uint64_t>>(heard.begin(), heard.end());
  };
  return std::make_shared<const Boots>(std::move(boots));
}

// Its slots come after a while, all in one turn.
void SimCluster::load(unsigned index, unsigned shard) {
  const auto delay = static_cast<std::int64_t>(random(200));
  at(now_ms_ + delay, [this, index, shard, life = nodes_[index].life] {
    on_node(index, life, [=, this] {
      Node& node = nodes_[index];
      node.shards[shard]->take_load(node.disk.load(options_.shards, shard), now(index));
      pump(index, shard);
    });
  });
}

void SimCluster::work_disk(unsigned index, unsigned shard, Effects& effects) {
  Node& node = nodes_[index];
  node.shards[shard]->take_changes();
  // A node without a journal has nothing that could be synced.
  LIMPET_ASSERT(!effects.sync || (options_.journal && node.keeps_journal));
  mix(hash64(effects.changes.view()));
  if (!effects.changes.empty()) node.disk.append(shard, effects.changes.view());
  const bool wanted_sync = std::exchange(effects.sync, false) || !effects.changes.empty();
  effects.changes.clear();
  effects.wanted.clear();
  if (wanted_sync && options_.journal && node.keeps_journal) {
    at(now_ms_ + 1 + static_cast<std::int64_t>(random(4)),
       [this, index, shard, life = node.life] { on_node(index, life, [=, this] { sync(index, shard); }); });
  }
  for (const TitleWrite& write : effects.titles) mix(digest_of(write));
  if (!effects.titles.empty()) write_titles(index, shard, std::exchange(effects.titles, {}));
  bool news = false;
  for (const Stranger& stranger : std::exchange(effects.strangers, {})) {
    news = node.members.introduce(stranger.name, stranger.client, stranger.peer) || news;
  }
  for (const LeavingNews& said : std::exchange(effects.leaving, {})) {
    news = node.members.told(said.node, said.word) || news;
  }
  for (const Order& order : std::exchange(effects.orders, {})) {
    if (order.kind != Order::Kind::reload) leave(index, order.kind == Order::Kind::leave);
    at(now_ms_ + 1, [this, index, shard, ticket = order.ticket, life = node.life] {
      on_node(index, life, [=, this] {
        nodes_[index].shards[shard]->ordered(ticket, "done", now(index));
        pump(index, shard);
      });
    });
  }
  if (news) show_to_shards(index, 1);
}

void SimCluster::leave(unsigned index, bool leaving) {
  Node& node = nodes_[index];
  const std::string name = "n" + std::to_string(index + 1);
  const bool leaves = node.view->nodes[*node.view->find(name)].leaving;
  const std::uint32_t changes = node.view->nodes[*node.view->find(name)].leave_changes;
  if (leaves == leaving) return;
  if (node.members.told(name, {node.disk.book.boot(), changes + 1, leaving})) show_to_shards(index, 1);
}

// Each shard hears of it when it pleases, but all of them of one view after the other.
void SimCluster::show_to_shards(unsigned index, std::int64_t delay_ms_max) {
  show_view(index);
  for (unsigned shard = 0; shard < nodes_[index].shards.size(); ++shard) {
    const auto delay = 1 + static_cast<std::int64_t>(random(static_cast<std::uint64_t>(delay_ms_max)));
    at(now_ms_ + delay, [this, index, shard, life = nodes_[index].life] {
      on_node(index, life, [=, this] {
        nodes_[index].shards[shard]->set_view(nodes_[index].view, now(index));
        pump(index, shard);
      });
    });
  }
}

void SimCluster::sync(unsigned index, unsigned shard) {
  Node& node = nodes_[index];
  if (node.full) {
    node.unsynced[shard] = true;
    // A node that was started on a full disk learns of it by its first write.
    node.shards[shard]->journal_trouble(kNoRoom);
    return pump(index, shard);
  }
  const std::uint64_t position = node.disk.sync(shard);
  node.shards[shard]->synced(position, now(index));
  node.shards[shard]->durable(position, now(index));
  pump(index, shard);
}

void SimCluster::fill_disk(unsigned index, bool full) {
  Node& node = nodes_[index];
  if (std::exchange(node.full, full) == full || !node.alive) return;
  for (unsigned shard = 0; shard < options_.shards; ++shard) {
    at(now_ms_, [this, index, shard, life = node.life] {
      on_node(index, life, [=, this] {
        Node& now = nodes_[index];
        if (!now.keeps_journal) return;
        now.shards[shard]->journal_trouble(now.full ? kNoRoom : "");
        if (!now.full && now.unsynced[shard]) {
          now.unsynced[shard] = false;
          return sync(index, shard);
        }
        pump(index, shard);
      });
    });
  }
}

// On the disk in two steps, so that a crash may come before, between or behind.
void SimCluster::write_titles(unsigned index, unsigned shard, const std::vector<TitleWrite>& titles) {
  const auto delay = nodes_[index].titles_delay_ms + 1 + static_cast<std::int64_t>(random(4));
  const auto pass_all = [this, index, titles](handoff::Step step) {
    for (const TitleWrite& write : titles) pass(index, step, write.unblocks);
  };
  pass_all(handoff::Step::writes);
  at(now_ms_ + delay, [this, index, shard, titles, pass_all, life = nodes_[index].life] {
    on_node(index, life, [=, this] {
      Node& node = nodes_[index];
      const bool fails = node.titles_fail;
      const bool full = node.full && !fails;  // the file is cut back to what it was
      // Of the write that fails nobody knows; after it there is no other.
      const bool taken =
          full ? false : !fails || (!std::exchange(node.titles_failed, true) && random(2) == 0);
      if (!fails && !full) pass_all(handoff::Step::appends);
      if (taken && (!node.dying || random(2) == 0)) take_titles(node.disk.book, titles);
      if (!fails && !full) pass_all(handoff::Step::syncs);
      if (dies(index)) return;
      std::vector<Slot> slots;
      for (const TitleWrite& write : titles) slots.push_back(write.slot);
      at(now_ms_ + static_cast<std::int64_t>(random(3)), [=, this] {
        on_node(index, life, [=, this] {
          Shard& of = *nodes_[index].shards[shard];
          if (fails) of.titles_failed(slots, kNoRoom, now(index));
          if (full) of.titles_without_room(slots, kNoRoom, now(index));
          if (!fails && !full) of.titles_written(slots, now(index));
          pump(index, shard);
        });
      });
    });
  });
}

}  // namespace limpet::shard
