#include "journal_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limpet/store/store.hpp>

#include "print.hpp"
#include "table.hpp"

namespace limpet::client {

namespace {

using journal::FileCheck;
using journal::Finding;
using store::Effect;
using store::EffectView;

constexpr std::size_t kRangesShownMax = 40;

std::string state_of(const FileCheck& file) {
  std::string state;
  for (const Finding& finding : file.findings) {
    if (!state.empty()) state += ", ";
    state += fmt::format("{} at {}", finding.kind == Finding::Kind::damage ? "damaged" : "torn end",
                         finding.offset);
  }
  return state.empty() ? "ok" : state;
}

Row row_of(const FileCheck& file) {
  Row row = {file.name, "-", "-", "-", "-", "-", std::to_string(file.bytes), state_of(file)};
  if (!file.header) return row;
  row[1] = file.header->kind == journal::FileKind::journal ? "journal" : "snapshot";
  row[2] = std::to_string(file.header->stream.generation);
  row[3] = fmt::format("{} of {}", file.header->stream.shard, file.header->shards);
  row[4] = std::to_string(file.header->number);
  row[5] = std::to_string(file.records);
  return row;
}

std::string finding_line(const Finding& finding) {
  return fmt::format("{}, offset {}: {}\n", finding.file, finding.offset, finding.text);
}

std::string verdict(const journal::Check& check) {
  if (check.sound()) return "sound\n";
  if (!check.refusals.empty()) return "cannot be read by this version: nothing else is known\n";
  const std::size_t count = check.damaged.size();
  if (count == 0) return "damaged, but no slot is\n";
  return fmt::format(
      "damaged: slots {}\n"
      "{} of {} slots are damaged, and a node does not serve them. Without them {} changes that can still "
      "be read, which name {} keys, would be lost, and what stood where nothing can be read; the other {} "
      "slots are whole.\n",
      slots_text(check.damaged), count, kSlots, check.changes_lost, check.keys_lost, kSlots - count);
}

std::string shown(std::string_view bytes, std::size_t max) {
  if (bytes.size() <= max) return in_quotes(bytes);
  return fmt::format("{}... ({} bytes)", in_quotes(bytes.substr(0, max)), bytes.size());
}

std::string until(const EffectView& effect) {
  return effect.expires_unix_ms == kNoExpiry ? "" : " until " + utc_text(effect.expires_unix_ms);
}

// What an effect does, with its name and all it has.
std::string told(const EffectView& effect, std::size_t max) {
  const std::string key = shown(effect.key, max);
  const char* const fresh = effect.fresh ? " (new key)" : "";
  switch (effect.kind) {
    case Effect::none:
      break;
    case Effect::put_string:
      return fmt::format("put_string {} {}{}", key, shown(effect.value, max), until(effect));
    case Effect::write_string:
      return fmt::format("write_string {} at {} {}{}", key, effect.offset, shown(effect.value, max), fresh);
    case Effect::put_field:
      return fmt::format("put_field {} {} {}{}", key, shown(effect.name, max), shown(effect.value, max),
                         fresh);
    case Effect::erase_field:
      return fmt::format("erase_field {} {}", key, shown(effect.name, max));
    case Effect::erase:
      return "erase " + key;
    case Effect::set_expiry:
      return effect.expires_unix_ms == kNoExpiry ? "set_expiry " + key + " never"
                                                 : "set_expiry " + key + until(effect);
    case Effect::rename:
      return fmt::format("rename {} to {}", key, shown(effect.name, max));
    case Effect::erase_session:
      return "erase_session " + key;
    case Effect::clear:
      return "clear";
  }
  return "none";
}

}  // namespace

std::string check_text(const journal::Check& check, std::string_view whose) {
  std::vector<Row> rows = {{"FILE", "KIND", "GENERATION", "SHARD", "NUMBER", "RECORDS", "BYTES", "STATE"}};
  std::uint64_t bytes = 0;
  std::uint64_t records = 0;
  std::string findings;
  for (const FileCheck& file : check.files) {
    rows.push_back(row_of(file));
    bytes += file.bytes;
    records += file.records;
    for (const Finding& finding : file.findings) findings += finding_line(finding);
  }
  for (const Finding& finding : check.findings) findings += finding_line(finding);
  for (const std::string& refusal : check.refusals) findings += refusal + '\n';
  std::string text = table(rows) + '\n' + findings;
  if (!findings.empty()) text += '\n';
  text += fmt::format("{}: {} files, {} bytes, {} records, {} changes; the last run is generation {}\n",
                      whose, check.files.size(), bytes, records, check.changes, check.generations);
  return text + verdict(check);
}

std::string effect_line(const Place& place, const journal::Record& record, const EffectView& effect,
                        std::size_t shown_max) {
  return fmt::format("{} {} {} {} {}\n", place.file, place.offset, record.slot, record.sequence,
                     told(effect, shown_max));
}

std::string version_line(const Place& place, const journal::Record& record) {
  const std::string front =
      fmt::format("{} {} {} {} ", place.file, place.offset, record.slot, record.sequence);
  if (record.kind == journal::Record::Kind::goes_on)
    return front + fmt::format("goes on at {} cessions\n", journal::number_in(record));
  const LastChange last = journal::last_in(record);
  const std::string boot = last.boot == 0 ? "" : fmt::format(", boot {:08x}", last.boot);
  return front + fmt::format("term {}, number {}{}\n", text_of(last.term), last.number, boot);
}

std::string broken_line(const Place& place, std::uint64_t bytes) {
  return fmt::format("{} {} - - broken: {} bytes that are no whole record\n", place.file, place.offset,
                     bytes);
}

bool concerns(const EffectView& effect, const KeyRef& key) {
  switch (effect.kind) {
    case Effect::erase_session:
      return effect.key == key.uid;
    case Effect::clear:
      return true;
    case Effect::rename:
      return effect.key == key.key || effect.name == key.key;
    default:
      return effect.key == key.key;
  }
}

std::string utc_text(std::int64_t unix_ms) {
  using namespace std::chrono;
  constexpr std::int64_t kYear10000Ms = 253'402'300'800'000;
  if (unix_ms < 0 || unix_ms >= kYear10000Ms) return std::to_string(unix_ms) + " ms";
  const sys_time<milliseconds> time{milliseconds(unix_ms)};
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

std::string slots_text(const std::vector<Slot>& slots) {
  std::string text;
  std::size_t ranges = 0;
  for (std::size_t at = 0; at < slots.size();) {
    if (ranges++ == kRangesShownMax) return text + fmt::format(" and {} more", slots.size() - at);
    std::size_t last = at;
    while (last + 1 < slots.size() && slots[last + 1] == slots[last] + 1) ++last;
    if (!text.empty()) text += ", ";
    text += last == at ? std::to_string(slots[at]) : fmt::format("{}-{}", slots[at], slots[last]);
    at = last + 1;
  }
  return text;
}

}  // namespace limpet::client
