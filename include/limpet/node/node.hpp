// Node: a running limpet: threads with their shards, listeners, links, admin. Started once, stopped once.
//
// All functions may be called from any thread.
#pragma once

#include <functional>
#include <limpet/base/result.hpp>
#include <limpet/node/admin.hpp>
#include <limpet/node/settings.hpp>
#include <memory>
#include <string>

namespace limpet::node {

// What the owner of a node does for it.
struct NodeHooks {
  // A client wants the files to be read again, as at SIGHUP. `done` is to be called from any thread, at any
  // time: with what was changed, or why nothing was. Called on a shard's thread; must not block.
  std::function<void(std::function<void(Result<std::string>)> done)> reload_files;
  // The same, of what that would do: nothing changes.
  std::function<void(std::function<void(Result<std::string>)> done)> check_files;
};

class Node {
 public:
  // Binds all listeners and starts all threads; returns when clients can connect. Logs through spdlog's
  // default logger. Error: io, an address cannot be bound, and the text says which setting to change; of the
  // data directory: unavailable, it is in use, full or failing; refused, it is not for this node, or damaged.
  [[nodiscard]] static Result<std::unique_ptr<Node>> start(Settings settings, NodeHooks hooks = {});
  ~Node();  // as stop(), without patience
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  // Stops accepting, answers what is in flight (for stop_timeout at most), closes everything, lets the disk
  // have what it has not got yet (for stop_timeout again; without end if that is 0), joins all threads.
  // Error: the disk did not answer, and threads that wait for it use the node still. It is not to be
  // destroyed: the process has to end.
  [[nodiscard]] Result<void> stop();
  // Declares that it leaves: it is not ready any more, and gives all its slots to other nodes, until the next
  // start. False: it is in no cluster.
  bool leave();
  // Applies what can change while running.
  void reload(const Reloadable& settings);
  // Another cluster file, `text`: slots move to where it wants them, while all of them are served. Error: it
  // may not take the place of the one in force, and why; nothing has changed.
  [[nodiscard]] Result<void> change(cluster::View file, const std::string& text);
  // May it? `path` is where it stands, for the message.
  [[nodiscard]] Result<void> may_change(const cluster::View& file, const std::string& path) const;
  // The file in force. After a start it may be a later one than that of the settings (docs/operations.md).
  [[nodiscard]] cluster::View file_in_force() const;

  [[nodiscard]] NodeSnapshot snapshot();

 private:
  class Impl;
  explicit Node(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace limpet::node
