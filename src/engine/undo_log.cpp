#include <limpet/base/assert.hpp>
#include <limpet/engine/undo_log.hpp>
#include <limpet/store/change.hpp>

namespace limpet::engine {

namespace {

// One run of effects, however long.
class Run final : public store::ChangeSink {
 public:
  explicit Run(Bytes& bytes) { effects_.begin(bytes); }
  store::EffectWriter& change_of(Slot) override { return effects_; }

 private:
  store::EffectWriter effects_;
};

}  // namespace

void UndoLog::keep(std::string_view key) {
  if (kept_.contains(key)) return;
  kept_.emplace(key);
  Run run(before_);
  run.change_of(slot_).erase(key);
  const store::Item item = store_.peek(KeyRef::of(key), kBeforeAnyExpiry);
  if (item) store::tell_item(run, slot_, key, item);
}

void UndoLog::undo(std::int64_t unix_ms) {
  LIMPET_ASSERT(store::apply(store_, slot_, before_.view(), unix_ms));
}

}  // namespace limpet::engine
