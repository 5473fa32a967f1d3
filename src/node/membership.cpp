#include "membership.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <limpet/base/assert.hpp>
#include <limpet/node/left_behind.hpp>
#include <map>
#include <utility>

#include "random_seed.hpp"

namespace limpet::node {

using handoff::SlotTitle;
using handoff::Step;
using handoff::TitleBook;

Result<std::unique_ptr<Membership>> Membership::open(const disk::Directory& directory,
                                                     std::uint64_t generation, const Settings& settings) {
  auto membership = std::unique_ptr<Membership>(new Membership);
  disk::TitleFileEvents events;
  events.full = [of = membership.get()](const std::string& why) { of->tell_full(why); };
  auto titles = disk::TitleFile::open(directory, generation, random_seed(), std::move(events));
  if (!titles) return tl::unexpected(std::move(titles.error()));
  membership->titles_ = std::move(*titles);
  if (Result<void> begun = membership->begin(settings, directory.path()); !begun)
    return tl::unexpected(std::move(begun.error()));
  return membership;
}

void Membership::set_hooks(MembershipHooks hooks) {
  hooks_ = std::move(hooks);
  const std::lock_guard lock(full_mutex_);
  full_hook_ = hooks_.full;
  if (full_hook_ && !full_why_.empty()) full_hook_(full_why_);
}

void Membership::tell_full(const std::string& why) {
  const std::lock_guard lock(full_mutex_);
  full_why_ = why;
  if (full_hook_) full_hook_(why);
}

// The one that is in force: what this node has acted on is not taken back by an older file.
Result<void> Membership::choose_file(const Settings& settings, const std::string& directory,
                                     cluster::View& file, std::string& text) const {
  const TitleBook& book = titles_->book();
  file = settings.view;
  // A node that was started although the file does not name it stands behind those that it names.
  std::erase_if(file.nodes, [](const cluster::Node& node) { return !node.listed; });
  text = settings.config_text;
  if (book.epoch() == 0) return {};
  auto kept = cluster::parse_file(book.view(), "the cluster file that was in force");
  if (!kept) return tl::unexpected(kept.error());
  const Result<void> allowed = cluster::check_successor(kept->view, file, settings.config_file);
  if (allowed) return {};
  if (file.epoch >= kept->view.epoch || file.name != kept->view.name) {
    return fail(allowed.error().code, allowed.error().text + ". What was in force is kept in " + directory);
  }
  spdlog::error(
      "{} has epoch {}, but this node has run epoch {} already, which is kept in {}, and goes on with that: "
      "give it the newest file",
      settings.config_file, file.epoch, kept->view.epoch, directory);
  kept->view.durability = file.durability;
  file = std::move(kept->view);
  text = book.view();
  return {};
}

Result<void> Membership::begin(const Settings& settings, const std::string& directory) {
  const TitleBook& book = titles_->book();
  cluster::View file;
  std::string text;
  if (Result<void> chosen = choose_file(settings, directory, file, text); !chosen) return chosen;
  members_ = cluster::Members(book.names());
  names_written_ = book.names().size();
  const std::uint64_t epoch = file.epoch;
  if (Result<void> taken = members_.set_file(std::move(file)); !taken) return taken;
  // A kept file may not name it: others are told its addresses all the same.
  const cluster::Node& me = settings.me();
  (void)members_.introduce(me.name, me.client, *me.peer);
  take_new_names();
  if (me.listed && addresses_text(me) != book.self()) titles_->self(addresses_text(me), nullptr);
  if (epoch != book.epoch()) titles_->view(epoch, text, nullptr);
  view_ = std::make_shared<const cluster::View>(members_.view());
  const auto self = view_->find(me.name);
  LIMPET_ASSERT(self.has_value());
  self_ = *self;

  config_.boot = book.boot();
  config_.titles = std::make_shared<const std::vector<SlotTitle>>(book.titles());
  config_.founding = std::make_shared<shard::Founding>(book.founded(), book.fresh());
  config_.founding->propose(shard::Founding::id_of(view_->placement_digest));
  config_.raised = book.raised();
  std::map<std::string, std::uint64_t> seen;
  for (const auto& [member, boot] : book.seen()) seen.emplace(book.names()[member], boot);
  boots_ = std::make_unique<BootBook>(me.name, book.boot(), book.fresh(), seen,
                                      [this](std::string_view name, std::uint64_t boot) { see(name, boot); });
  config_.boots = std::make_shared<const shard::Boots>(shard::Boots{
      .runs = [this](const std::string& node, std::uint64_t boot) { return boots_->runs(node, boot); },
      .has_run = [this](const std::string& node, std::uint64_t boot,
                        const std::string& by) { return boots_->has_run(node, boot, by); },
      .ran_elsewhere = [this] { return boots_->ran_elsewhere(); },
      .all = [this] { return boots_->all(); }});
  company_ = std::make_shared<links::Company>(settings.shards);
  config_.new_cluster = settings.new_cluster;
  if (settings.kill_at) config_.crash_hook = killing_at(*settings.kill_at);
  return {};
}

// Before any title that names them.
void Membership::take_new_names() {
  const std::vector<std::string>& names = members_.names();
  for (; names_written_ < names.size(); ++names_written_) {
    titles_->name(static_cast<handoff::Member>(names_written_), names[names_written_], nullptr);
  }
}

std::shared_ptr<const cluster::View> Membership::view() const {
  const std::lock_guard lock(mutex_);
  return view_;
}

// REQUIRES: mutex_ is held, so that views come into force in the order in which they are shown.
void Membership::show() {
  take_new_names();
  view_ = std::make_shared<const cluster::View>(members_.view());
  config_.founding->propose(shard::Founding::id_of(view_->placement_digest));
  hooks_.view(view_);
}

Result<void> Membership::change(cluster::View file, const std::string& text) {
  const std::lock_guard lock(mutex_);
  if (Result<void> allowed = cluster::check_successor(members_.file(), file); !allowed) return allowed;
  const std::uint64_t epoch = file.epoch;
  if (epoch == members_.file().epoch) return {};
  if (Result<void> taken = members_.set_file(std::move(file)); !taken) return taken;
  titles_->view(epoch, text, nullptr);
  show();
  spdlog::info("cluster file in force: epoch {}, content {:016x}, placement {:016x}", epoch,
               view_->content_digest, view_->placement_digest);
  return {};
}

Result<void> Membership::may_change(const cluster::View& file, const std::string& path) const {
  const std::lock_guard lock(mutex_);
  if (Result<void> allowed = cluster::check_successor(members_.file(), file, path); !allowed) return allowed;
  return cluster::Members(members_).set_file(file);
}

cluster::View Membership::file() const {
  const std::lock_guard lock(mutex_);
  return members_.file();
}

void Membership::introduce(const std::vector<shard::Stranger>& strangers) {
  const std::lock_guard lock(mutex_);
  bool news = false;
  for (const shard::Stranger& stranger : strangers) {
    if (!members_.introduce(stranger.name, stranger.client, stranger.peer)) {
      const bool known = view_->find(stranger.name).has_value();
      if (known || members_.may_add_guest() || std::exchange(told_of_guests_, true)) continue;
      spdlog::warn(
          "node {} at {} is in no cluster file that this node has read, and {} others are not either: they "
          "are "
          "known once it reads one that names them",
          stranger.name, stranger.peer.text(), kGuestsMax);
      continue;
    }
    spdlog::info("node {} at {} says that it is of this cluster; it is not in this node's cluster file",
                 stranger.name, stranger.peer.text());
    news = true;
  }
  if (news) show();
}

void Membership::take(const std::vector<shard::LeavingNews>& leaving) {
  const std::lock_guard lock(mutex_);
  bool news = false;
  for (const shard::LeavingNews& said : leaving) {
    if (!members_.told(said.node, said.word)) continue;
    spdlog::info("node {} {}", said.node,
                 said.word.leaving ? "is leaving: its slots go to others until it starts again"
                                   : "is back: what the cluster file gives it goes there");
    news = true;
  }
  if (news) show();
}

// From any thread, of a node that was heard of under this boot. One that has no number yet is seen again.
void Membership::see(std::string_view name, std::uint64_t boot) {
  const std::lock_guard lock(mutex_);
  const std::vector<std::string>& names = members_.names();
  const auto number = static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
  if (number < names_written_) titles_->seen(static_cast<handoff::Member>(number), boot, nullptr);
}

bool Membership::leave(bool leaving) {
  const std::lock_guard lock(mutex_);
  const cluster::Node& me = view_->nodes[self_];
  if (me.leaving == leaving || !members_.told(me.name, {config_.boot, me.leave_changes + 1, leaving}))
    return false;
  show();
  return true;
}

void Membership::write(unsigned shard, const std::vector<shard::TitleWrite>& titles) {
  std::vector<std::pair<Slot, SlotTitle>> written;
  std::vector<Slot> slots;
  std::uint64_t founded = 0;
  for (const shard::TitleWrite& title : titles) {
    written.emplace_back(title.slot, title.title);
    slots.push_back(title.slot);
    if (title.founded != 0) founded = title.founded;
  }
  if (founded != 0 && founded != titles_->book().founded()) titles_->founded(founded, nullptr);
  const auto pass = passing(titles);
  if (pass) pass(Step::writes);
  titles_->titles(
      std::move(written),
      [this, shard, slots = std::move(slots), pass](const Result<void>& outcome) {
        if (pass && outcome) pass(Step::syncs);
        hooks_.titles(shard, slots, outcome);
      },
      pass ? [pass] { pass(Step::appends); } : disk::TitleFile::Appended());
}

// Tells that these titles get to a step; nothing to be called if nobody wants to know.
std::function<void(Step)> Membership::passing(const std::vector<shard::TitleWrite>& titles) const {
  if (!config_.crash_hook) return nullptr;
  std::vector<handoff::Kind> let;
  for (const shard::TitleWrite& title : titles) let.push_back(title.unblocks);
  return [let, &hook = config_.crash_hook](Step step) {
    for (const handoff::Kind kind : let) hook(step, kind);
  };
}

}  // namespace limpet::node
