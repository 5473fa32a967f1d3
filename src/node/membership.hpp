// Membership: which nodes there are, by the cluster file in force and by what they say of themselves, and
// which slots this one holds. It keeps both on the disk (disk/title_file.hpp).
//
// open() and stop() are for the node's owner; everything else may be called from any thread. Hooks are called
// on the caller's thread or on that of the title file, views in the order in which they came into force.
#pragma once

#include <cstdint>
#include <functional>
#include <limpet/base/result.hpp>
#include <limpet/cluster/members.hpp>
#include <limpet/disk/title_file.hpp>
#include <limpet/node/settings.hpp>
#include <limpet/links/company.hpp>
#include <limpet/shard/shard.hpp>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "boots.hpp"

namespace limpet::node {

struct MembershipHooks {
  std::function<void(std::shared_ptr<const cluster::View>)> view;  // it is in force
  // Titles that a shard wanted written are on the disk, or cannot be.
  std::function<void(unsigned shard, const std::vector<Slot>& slots, const Result<void>& outcome)> titles;
  std::function<void(const std::string& why)> full;  // no title finds room on the disk; empty: they do again
};

class Membership {
 public:
  // `directory` outlives it, and its fence is that of `generation`. Where the directory has known a later
  // file than that of `settings`, that one is in force. Error: the file contradicts what is known, or the
  // disk fails.
  [[nodiscard]] static Result<std::unique_ptr<Membership>> open(const disk::Directory& directory,
                                                                std::uint64_t generation,
                                                                const Settings& settings);

  void set_hooks(MembershipHooks hooks);
  [[nodiscard]] std::shared_ptr<const cluster::View> view() const;
  [[nodiscard]] cluster::NodeIndex self() const { return self_; }
  [[nodiscard]] const shard::HandoffConfig& config() const { return config_; }
  // What its shards say of it as a whole.
  [[nodiscard]] const std::shared_ptr<links::Company>& company() const { return company_; }

  // Another cluster file. Error: it may not take the place of the one in force, and why.
  [[nodiscard]] Result<void> change(cluster::View file, const std::string& text);
  // The same, and nothing is done. `path` is where it stands, for the message.
  [[nodiscard]] Result<void> may_change(const cluster::View& file, const std::string& path) const;
  [[nodiscard]] cluster::View file() const;  // in force, as it was read
  // Nodes that connected and are in no file that this one has read.
  void introduce(const std::vector<shard::Stranger>& strangers);
  // What other nodes say of their leaving; what this node says of its own. False: it has said so already.
  void take(const std::vector<shard::LeavingNews>& leaving);
  bool leave(bool leaving);
  void write(unsigned shard, const std::vector<shard::TitleWrite>& titles);

  // Writes what waits, and that the node was stopped in good order, unless it was not.
  [[nodiscard]] Result<void> stop(bool in_good_order) { return titles_->stop(in_good_order); }

 private:
  Membership() = default;
  Result<void> begin(const Settings& settings, const std::string& directory);
  Result<void> choose_file(const Settings& settings, const std::string& directory, cluster::View& file,
                           std::string& text) const;
  void take_new_names();
  void see(std::string_view name, std::uint64_t boot);
  void tell_full(const std::string& why);
  [[nodiscard]] std::function<void(handoff::Step)> passing(
      const std::vector<shard::TitleWrite>& titles) const;
  void show();

  std::unique_ptr<disk::TitleFile> titles_;
  std::unique_ptr<BootBook> boots_;
  cluster::NodeIndex self_ = 0;
  shard::HandoffConfig config_;
  std::shared_ptr<links::Company> company_;
  MembershipHooks hooks_;
  // Titles may find no room before anybody listens.
  std::mutex full_mutex_;
  std::string full_why_;
  std::function<void(const std::string& why)> full_hook_;

  mutable std::mutex mutex_;  // guards what follows
  cluster::Members members_;
  bool told_of_guests_ = false;  // that there are too many
  std::size_t names_written_ = 0;
  std::shared_ptr<const cluster::View> view_;
};

}  // namespace limpet::node
