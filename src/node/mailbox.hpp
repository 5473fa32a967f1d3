// Mailbox: how other threads hand something to a shard's thread: batches of frames from its siblings,
// sockets, tasks.
//
// A list that any thread pushes to with one compare-and-swap and that the owner takes whole: no thread ever
// waits for another. Only the first letter into an empty box wakes the owner. It has no bound of its own:
// what may be under way between shards is bounded by those who send (kLinkRequestsMax, kLinkBytesMax).
#pragma once

#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <atomic>
#include <functional>
#include <limpet/base/bytes.hpp>
#include <memory>
#include <utility>

namespace limpet::node {

class Mailbox {
 public:
  struct Letter {
    unsigned from = 0;  // the sibling, if `task` is empty
    Bytes batch;
    std::function<void()> task;  // to be run on the owner's thread
    Letter* next = nullptr;
  };
  // `arrived` is called on the thread of `io` when there are letters; it is to open them all.
  Mailbox(asio::io_context& io, std::function<void()> arrived) : io_(io), arrived_(std::move(arrived)) {}
  ~Mailbox() { destroy(newest_.exchange(nullptr)); }
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  // From any thread.
  void send(std::unique_ptr<Letter> letter) {
    Letter* mine = letter.release();
    Letter* head = newest_.load(std::memory_order_relaxed);
    do {
      mine->next = head;
    } while (
        !newest_.compare_exchange_weak(head, mine, std::memory_order_release, std::memory_order_relaxed));
    // From here on the letter is the owner's, who may have opened it already: only `head` may be looked at.
    if (head == nullptr) asio::post(io_, [this] { arrived_(); });
  }
  void send_batch(unsigned from, Bytes batch) {
    auto letter = std::make_unique<Letter>();
    letter->from = from;
    letter->batch = std::move(batch);
    send(std::move(letter));
  }
  void send_task(std::function<void()> task) {
    auto letter = std::make_unique<Letter>();
    letter->task = std::move(task);
    send(std::move(letter));
  }

  // On the owner's thread: calls open(Letter&) for each, in the order in which they were sent.
  template <class Open>
  void open_all(Open open) {
    Letter* newest = newest_.exchange(nullptr, std::memory_order_acquire);
    Letter* oldest = nullptr;
    while (newest != nullptr) {
      Letter* next = std::exchange(newest->next, oldest);
      oldest = std::exchange(newest, next);
    }
    while (oldest != nullptr) {
      const std::unique_ptr<Letter> letter(std::exchange(oldest, oldest->next));
      open(*letter);
    }
  }

 private:
  static void destroy(Letter* letter) {
    while (letter != nullptr) delete std::exchange(letter, letter->next);
  }

  asio::io_context& io_;
  std::function<void()> arrived_;
  std::atomic<Letter*> newest_{nullptr};
};

}  // namespace limpet::node
