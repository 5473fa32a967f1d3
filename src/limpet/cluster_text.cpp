#include "cluster_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limpet/base/number.hpp>
#include <limpet/base/slot.hpp>
#include <limpet/base/text.hpp>
#include <map>
#include <nlohmann/json.hpp>

#include "fields.hpp"
#include "print.hpp"
#include "table.hpp"

namespace limpet::client {

namespace {

using resp::Value;

std::string uid_reason(std::string_view key, std::string_view uid) {
  return uid.size() == key.size() ? "the key has no {...}, so all of it is the uid"
                                  : "the uid is what stands in the first {...} of the key";
}

// As it is where that is readable, else quoted.
std::string shown(std::string_view bytes) {
  std::string text = in_quotes(bytes);
  return text.size() == bytes.size() + 2 && !bytes.empty() ? std::string(bytes) : text;
}

std::string percent(std::uint64_t part, std::uint64_t whole) {
  return fmt::format("{:.1f} %", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

nlohmann::ordered_json json_of(const std::vector<cluster::PlannedNode>& nodes) {
  auto list = nlohmann::ordered_json::array();
  for (const cluster::PlannedNode& node : nodes) list.push_back({{"name", node.name}, {"slots", node.slots}});
  return list;
}

std::string human_bytes(std::string_view text) {
  constexpr std::array<std::string_view, 5> kUnits = {"B", "kB", "MB", "GB", "TB"};
  const auto bytes = parse_uint64(text);
  if (!bytes) return std::string(text);
  auto number = static_cast<double>(*bytes);
  std::size_t unit = 0;
  for (; number >= 1000 && unit + 1 < kUnits.size(); ++unit) number /= 1000;
  return fmt::format("{:.{}f} {}", number, unit == 0 ? 0 : 1, kUnits[unit]);
}

std::string cell(const Fields& node, const std::string& column) {
  const std::string text = node.text(column, "-");
  if (column == "bytes") return human_bytes(text);
  return text.empty() ? "-" : printable(text);
}

}  // namespace

Where where_in(const cluster::View& view, std::string_view key) {
  const KeyRef ref = KeyRef::of(key);
  const cluster::Node& owner = view.nodes[view.owner(ref.slot)];
  return {.uid = std::string(ref.uid),
          .slot = std::to_string(ref.slot),
          .owner = owner.name,
          .address = owner.client.text(),
          .shard = "",
          .reason = fmt::format("{}; its hash gives slot {}, which the cluster file places on {} at epoch {}",
                                uid_reason(key, ref.uid), ref.slot, owner.name, view.epoch)};
}

std::optional<Where> where_from(const Value& reply, std::string_view key) {
  const Fields fields(reply);
  if (fields.find("slot") == nullptr || fields.find("owner") == nullptr) return std::nullopt;
  const KeyRef ref = KeyRef::of(key);
  Where where{.uid = fields.text("uid", ref.uid),
              .slot = fields.text("slot"),
              .owner = fields.text("owner"),
              .address = fields.text("address"),
              .shard = fields.text("shard"),
              .reason = fields.text("reason")};
  if (where.reason.empty()) where.reason = uid_reason(key, ref.uid);
  return where;
}

std::string where_text(const Where& where) {
  std::string owner = shown(where.owner);
  if (!where.address.empty()) owner += fmt::format(" at {}", printable(where.address));
  if (!where.shard.empty()) owner += fmt::format(", shard {}", printable(where.shard));
  return fmt::format("uid:   {}\nslot:  {}\nowner: {}\nwhy:   {}\n", shown(where.uid), printable(where.slot),
                     owner, printable(where.reason, where.reason.size()));
}

std::string plan_text(const cluster::Plan& plan) {
  struct Slots {
    std::optional<std::uint32_t> before;
    std::optional<std::uint32_t> after;
  };
  std::map<std::string, Slots> nodes;
  for (const auto& node : plan.before) nodes[node.name].before = node.slots;
  for (const auto& node : plan.after) nodes[node.name].after = node.slots;

  std::vector<Row> rows = {{"NODE", "BEFORE", "AFTER", "CHANGE"}};
  for (const auto& [name, slots] : nodes) {
    const auto change = static_cast<std::int64_t>(slots.after.value_or(0)) - slots.before.value_or(0);
    const auto count = [](std::optional<std::uint32_t> n) {
      return n ? std::to_string(*n) : std::string("-");
    };
    rows.push_back({name, count(slots.before), count(slots.after), fmt::format("{:+}", change)});
  }
  std::string text = table(rows);
  text +=
      fmt::format("\n{} of {} slots move: {}", plan.moved_slots, kSlots, percent(plan.moved_slots, kSlots));
  if (plan.least_possible > 0) {
    text += fmt::format("; the least possible is {} ({:.2f} times that)", plan.least_possible,
                        static_cast<double>(plan.moved_slots) / plan.least_possible);
  }
  return text + '\n';
}

std::string plan_json(const cluster::Plan& plan) {
  nlohmann::ordered_json json;
  json["moved_slots"] = plan.moved_slots;
  json["before"] = json_of(plan.before);
  json["after"] = json_of(plan.after);
  return json.dump() + '\n';
}

std::optional<std::string> status_text(const Value& reply) {
  constexpr std::array<std::string_view, 12> kKnown = {"name",    "state",    "client", "peer",
                                                       "slots",   "sessions", "keys",   "bytes",
                                                       "clients", "epoch",    "digest", "link"};
  std::vector<Fields> nodes;
  for (const Value& node : reply.elements) nodes.emplace_back(node);
  std::vector<std::string> columns;
  const auto add = [&](std::string_view name) {
    if (std::find(columns.begin(), columns.end(), name) == columns.end()) columns.emplace_back(name);
  };
  for (const std::string_view known : kKnown) {
    const auto has = [&](const Fields& node) { return node.find(known) != nullptr; };
    if (std::any_of(nodes.begin(), nodes.end(), has)) add(known);
  }
  if (columns.empty() || columns.front() != "name") return std::nullopt;
  for (const Fields& node : nodes) {
    for (const auto& [name, value] : node.all()) add(name);
  }
  std::vector<Row> rows(1);
  for (const std::string& column : columns) {
    std::string title = printable(column);
    std::transform(title.begin(), title.end(), title.begin(), [](char c) { return to_upper(c); });
    rows[0].push_back(std::move(title));
  }
  for (const Fields& node : nodes) {
    Row& row = rows.emplace_back();
    for (const std::string& column : columns) row.push_back(cell(node, column));
  }
  return table(rows);
}

}  // namespace limpet::client
