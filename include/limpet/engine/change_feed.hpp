// ChangeFeed: what commands change in the sessions of a shard, in the order in which it happens, for whoever
// wants to know: the journal, hand-overs, followers, whatever waits for a key to change.
//
// The effects of one command on keys of one slot are one run, as they are one record of the journal. Where a
// journal is kept, a run is written into its record at once, and subscribers see it there, so that no value
// is copied twice; without one, runs are written at all only while somebody has subscribed.
//
// Owned by the engine, on its thread; sets itself as the sink of the store, which outlives it. Subscribers
// outlive their subscription, and change nothing in the store while they are told.
#pragma once

#include <functional>
#include <limpet/base/bytes.hpp>
#include <limpet/base/last_change.hpp>
#include <limpet/base/lsn.hpp>
#include <limpet/base/result.hpp>
#include <limpet/base/slot.hpp>
#include <limpet/base/time.hpp>
#include <limpet/journal/version.hpp>
#include <limpet/journal/writer.hpp>
#include <limpet/store/change.hpp>
#include <limpet/store/store.hpp>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace limpet::engine {

class ChangeFeed {
 public:
  class Subscriber {
   public:
    // A run is whole; `end` is the place behind it.
    virtual void changed(Slot slot, std::string_view effects, Lsn end) = 0;
    // A change of this slot is likely soon: what is needed then may be fetched.
    virtual void prefetch(Slot) const {}

   protected:
    ~Subscriber() = default;
  };

  // `journal_nonce`: of the stream of a journal, if one is kept.
  ChangeFeed(store::Store& store, std::optional<std::uint64_t> journal_nonce);
  ~ChangeFeed();
  ChangeFeed(const ChangeFeed&) = delete;
  ChangeFeed& operator=(const ChangeFeed&) = delete;

  void subscribe(Subscriber& subscriber);
  void unsubscribe(Subscriber& subscriber);

  // The command that has been run is over, and its last run whole.
  void end_command() {
    if (journal_) {
      journal_->end_command();
    } else if (!subscribers_.empty()) {
      runs_.end_command();
    }
  }
  // What happens to the store from now on is no change (false), or is again.
  void listen(bool listens);

  // A change that the slot's owner has made is made here, of a slot of which this is a copy; for the journal,
  // and no subscriber. An error if these are no effects on keys of the slot: those before have been done
  // then. REQUIRES: a journal is kept.
  [[nodiscard]] Result<void> follow(Slot slot, const LastChange& made, const store::Run& run, Now now);

  // The next changes of the slot are made at this term; for the journal, which counts them.
  void set_term(Slot slot, Term term) {
    if (journal_) journal_->set_term(slot, term);
  }

  // Is anything written down?
  [[nodiscard]] bool records() const { return records_; }
  // The end of the stream, and the place behind the last change of a slot.
  [[nodiscard]] Lsn end() const { return journal_ ? journal_->position() : runs_.end(); }
  [[nodiscard]] Lsn end_of(Slot slot) const {
    return journal_ ? journal_->position_of(slot) : runs_.end_of(slot);
  }
  // A change of this slot is likely soon.
  void prefetch(Slot slot) const {
    if (journal_) journal_->prefetch(slot);
    for (const Subscriber* const subscriber : subscribers_) subscriber->prefetch(slot);
  }

  // Null: none is kept.
  [[nodiscard]] journal::Writer* journal() { return journal_.get(); }
  [[nodiscard]] const journal::Writer* journal() const { return journal_.get(); }

 private:
  // Runs that no journal keeps.
  class Runs final : public store::ChangeSink {
   public:
    explicit Runs(ChangeFeed& feed) : feed_(feed) {}
    store::EffectWriter& change_of(Slot slot) override;
    void end_command();
    [[nodiscard]] Lsn end() const { return end_; }
    [[nodiscard]] Lsn end_of(Slot slot) const { return ends_.empty() ? 0 : ends_[slot]; }

   private:
    ChangeFeed& feed_;
    bool open_ = false;
    Slot slot_ = 0;
    Bytes bytes_;
    store::EffectWriter effects_;
    Lsn end_ = 0;
    std::vector<Lsn> ends_;  // by slot, once there was a run
  };

  void tell(Slot slot, std::string_view effects, Lsn end);
  void connect();

  store::Store& store_;
  std::unique_ptr<journal::Writer> journal_;
  Runs runs_;
  std::vector<Subscriber*> subscribers_;
  bool listens_ = true;
  bool records_ = false;
};

}  // namespace limpet::engine
