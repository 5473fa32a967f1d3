#include <algorithm>
#include <limpet/base/assert.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/engine/change_feed.hpp>
#include <utility>

namespace limpet::engine {

namespace {

// Each boot begins a stream, so it can go by its name.
std::uint32_t boot_of(std::uint64_t nonce) {
  const auto name = static_cast<std::uint32_t>(nonce ^ (nonce >> 32));
  return name == 0 ? 1 : name;
}

}  // namespace

ChangeFeed::ChangeFeed(store::Store& store, std::optional<std::uint64_t> journal_nonce)
    : store_(store), runs_(*this) {
  if (journal_nonce) journal_ = std::make_unique<journal::Writer>(*journal_nonce, boot_of(*journal_nonce));
  connect();
}

ChangeFeed::~ChangeFeed() { store_.set_sink(nullptr); }

void ChangeFeed::subscribe(Subscriber& subscriber) {
  end_command();
  subscribers_.push_back(&subscriber);
  connect();
}

void ChangeFeed::unsubscribe(Subscriber& subscriber) {
  end_command();
  std::erase(subscribers_, &subscriber);
  connect();
}

void ChangeFeed::listen(bool listens) {
  listens_ = listens;
  connect();
}

Result<void> ChangeFeed::follow(Slot slot, const LastChange& made, const store::Run& run, Now now) {
  LIMPET_ASSERT(journal_ && listens_);
  end_command();
  store_.set_sink(nullptr);
  Result<void> done = store::apply(store_, slot, run, now.unix_ms);
  store_.set_sink(journal_.get());
  // What cannot be applied now could not be at a start, either.
  if (done) journal_->append(slot, made, run.effects);
  return done;
}

void ChangeFeed::connect() {
  records_ = journal_ != nullptr || !subscribers_.empty();
  if (!listens_ || !records_) return store_.set_sink(nullptr);
  if (!journal_) return store_.set_sink(&runs_);
  store_.set_sink(journal_.get());
  if (subscribers_.empty()) return journal_->set_watch({});
  journal_->set_watch(
      [this](Slot slot, std::string_view effects) { tell(slot, effects, journal_->position()); });
}

void ChangeFeed::tell(Slot slot, std::string_view effects, Lsn end) {
  for (Subscriber* const subscriber : subscribers_) subscriber->changed(slot, effects, end);
}

// ---- Without a journal ----

store::EffectWriter& ChangeFeed::Runs::change_of(Slot slot) {
  // Cut as the journal cuts its records.
  if (open_ && (slot_ != slot || bytes_.size() > kRecordSplitBytes)) end_command();
  if (!std::exchange(open_, true)) {
    slot_ = slot;
    effects_.begin(bytes_);
  }
  return effects_;
}

void ChangeFeed::Runs::end_command() {
  if (!std::exchange(open_, false)) return;
  if (ends_.empty()) ends_.resize(kSlots);
  ends_[slot_] = end_ += bytes_.size();
  feed_.tell(slot_, bytes_.view(), end_);
  bytes_.clear();
}

}  // namespace limpet::engine
