// A follower's store and journal, for tests: it can lose what is not safe.
#pragma once

#include <functional>
#include <limpet/journal/writer.hpp>
#include <limpet/replica/copy_keeper.hpp>
#include <limpet/store/change.hpp>
#include <limpet/store/store.hpp>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace limpet::replica {

class TestKeeper final : public CopyKeeper {
 public:
  static constexpr std::int64_t kNow = 1'800'000'000'000;

  TestKeeper() { build(); }

  Room room(Slot slot, Term, std::size_t bytes) override {
    if (owned_.contains(slot)) return Room::refused;
    if (loading_) return Room::later;
    return full_ && bytes > 0 ? Room::full : full_asked_ ? Room::full : Room::there;
  }
  [[nodiscard]] LastChange last(Slot slot) const override { return writer_->last(slot); }
  void clear(Slot slot) override {
    does(slot, [=](TestKeeper& keeper) { return keeper.do_clear(slot); });
  }
  bool put(Slot slot, const store::Run& run) override {
    return does(slot, [=, bytes = std::string(run.effects)](TestKeeper& keeper) {
      return keeper.do_change(slot, {Term{}, keeper.writer_->last(slot).number + 1, keeper.boot_}, bytes);
    });
  }
  void whole(Slot slot, const LastChange& last, const std::vector<LastChange>& ends) override {
    does(slot, [=](TestKeeper& keeper) {
      keeper.writer_->copied(slot, last, ends);
      return true;
    });
  }
  bool change(Slot slot, const LastChange& made, const store::Run& run) override {
    return does(slot, [=, bytes = std::string(run.effects)](TestKeeper& keeper) {
      return keeper.do_change(slot, made, bytes);
    });
  }
  bool spare(Slot slot, Term) override {
    clear(slot);
    return true;
  }
  void prefetch(std::span<const Coming> coming) const override { EXPECT_LE(coming.size(), kLookAheadMax); }
  [[nodiscard]] Lsn end() const override { return end_; }

  // ---- For tests ----
  [[nodiscard]] store::Store& store() { return *store_; }
  [[nodiscard]] journal::Writer& writer() { return *writer_; }
  void set_full(bool full, bool when_asked = false) {
    full_ = full;
    full_asked_ = when_asked;
  }
  void set_loading(bool loading) { loading_ = loading; }
  void set_owned(Slot slot) { owned_[slot] = true; }
  // All up to there is on the disk.
  void sync(Lsn up_to) { safe_ = std::max(safe_, up_to); }
  [[nodiscard]] Lsn safe() const { return safe_; }
  // Of what is on the disk.
  [[nodiscard]] LastChange safe_last(Slot slot) const {
    LastChange last;
    for (const Said& said : said_) {
      if (said.slot == slot && said.lsn <= safe_) last = said.last;
    }
    return last;
  }
  [[nodiscard]] std::vector<Slot> slots() const {
    std::map<Slot, bool> slots;
    for (const Said& said : said_) slots[said.slot] = true;
    std::vector<Slot> all;
    for (const auto& [slot, there] : slots) all.push_back(slot);
    return all;
  }
  // What is not on the disk is gone.
  void crash() {
    std::erase_if(done_, [this](const auto& done) { return done.first > safe_; });
    std::erase_if(said_, [this](const Said& said) { return said.lsn > safe_; });
    end_ = safe_;
    build();
    for (const auto& [lsn, deed] : done_) (void)deed(*this);
    // A start goes on from what the journal says.
    for (const Slot slot : slots()) {
      const journal::SlotVersion version = writer_->version(slot);
      writer_->set_sequence(slot, writer_->sequence(slot), version);
    }
  }

 private:
  struct Said {
    Lsn lsn;
    Slot slot;
    LastChange last;
  };

  void build() {
    store_ = std::make_unique<store::Store>(5);
    writer_ = std::make_unique<journal::Writer>(7, ++boot_);
  }
  using Deed = std::function<bool(TestKeeper&)>;
  bool does(Slot slot, const Deed& deed) {
    end_ += 10;
    done_.emplace_back(end_, deed);
    const bool fine = deed(*this);
    said_.push_back({end_, slot, writer_->last(slot)});
    return fine;
  }
  bool do_clear(Slot slot) {
    store_->clear(slot);
    writer_->copied(slot, {});
    return true;
  }
  bool do_change(Slot slot, const LastChange& made, std::string_view effects) {
    writer_->append(slot, made, effects);
    return store::apply(*store_, slot, effects, kNow).has_value();
  }

  std::unique_ptr<store::Store> store_;
  std::unique_ptr<journal::Writer> writer_;
  std::uint32_t boot_ = 100;
  std::vector<std::pair<Lsn, Deed>> done_;
  std::vector<Said> said_;
  std::map<Slot, bool> owned_;
  Lsn end_ = 0;
  Lsn safe_ = 0;
  bool loading_ = false;
  bool full_ = false;
  bool full_asked_ = false;
};

}  // namespace limpet::replica
