#include <algorithm>
#include <limpet/journal/check.hpp>
#include <limpet/journal/walk.hpp>
#include <limpet/store/change.hpp>
#include <unordered_set>

namespace limpet::journal {

namespace {

FileCheck look_at(const NamedBytes& file) {
  FileCheck check;
  check.name = file.name;
  check.bytes = file.bytes.size();
  const Result<SegmentHeader> header = read_header(file.bytes);
  if (!header) return check;
  check.header = *header;
  walk(file.bytes, *header, [&](const WalkStep& step) {
    check.records += step.whole ? 1U : 0U;
    return true;
  });
  return check;
}

// The names stand in the files.
void collect_keys(std::string_view effects, std::unordered_set<std::string_view>& keys) {
  store::EffectView effect;
  while (store::take_effect(effects, effect)) {
    if (effect.kind == store::Effect::erase_session || effect.kind == store::Effect::clear) continue;
    keys.insert(effect.key);
    if (effect.kind == store::Effect::rename) keys.insert(effect.name);
  }
}

bool is_damage(const Finding& finding) { return finding.kind == Finding::Kind::damage; }

}  // namespace

bool Check::sound() const {
  return refusals.empty() && damaged.empty() && std::none_of(findings.begin(), findings.end(), is_damage) &&
         std::none_of(files.begin(), files.end(), [](const FileCheck& file) {
           return std::any_of(file.findings.begin(), file.findings.end(), is_damage);
         });
}

Check check(const std::vector<NamedBytes>& files, std::uint64_t base, const Seals& seals) {
  Check result;
  Recovery recovery;
  for (const NamedBytes& file : files) {
    result.files.push_back(look_at(file));
    recovery.add(file.name, file.bytes);
  }
  recovery.require_snapshots_of(base);
  recovery.seal(seals);
  recovery.finish();
  result.refusals = recovery.refusals();
  result.generations = recovery.generations();
  result.changes = recovery.changes();
  for (const Finding& finding : recovery.findings()) {
    const auto of = std::find_if(result.files.begin(), result.files.end(),
                                 [&](const FileCheck& file) { return file.name == finding.file; });
    (of == result.files.end() ? result.findings : of->findings).push_back(finding);
  }
  for (unsigned each = 0; each < kSlots; ++each) {
    const auto slot = static_cast<Slot>(each);
    if (!recovery.damaged(slot)) continue;
    result.damaged.push_back(slot);
    result.changes_lost += recovery.changes_of(slot);
    std::unordered_set<std::string_view> keys;
    recovery.each_change(slot, [&](std::string_view effects) { collect_keys(effects, keys); });
    result.keys_lost += keys.size();
  }
  return result;
}

}  // namespace limpet::journal
