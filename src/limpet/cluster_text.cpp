#include "cluster_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limpet/base/limits.hpp>
#include <limpet/base/number.hpp>
#include <limpet/base/slot.hpp>
#include <limpet/base/text.hpp>
#include <limpet/cluster/line.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "fields.hpp"
#include "print.hpp"
#include "progress.hpp"
#include "table.hpp"
#include "units.hpp"

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
  for (const cluster::PlannedNode& node : nodes) {
    list.push_back({{"name", node.name}, {"slots", node.slots}});
    if (node.copies > 0) list.back()["copies"] = node.copies;
  }
  return list;
}

// ---- CLUSTER STATUS ----

// What every answer has and the table of nodes does not show: it stands below, or in /status.
constexpr std::array<std::string_view, 26> kHidden = {"weight",
                                                      "listed",
                                                      "placement_digest",
                                                      "slots_unreachable",
                                                      "slots_placed",
                                                      "slots_to_give",
                                                      "slots_giving",
                                                      "slots_receiving",
                                                      "slots_unheld",
                                                      "why_unheld",
                                                      "slots_forgotten",
                                                      "data_directory",
                                                      "copies_wanted",
                                                      "copies_in_sync",
                                                      "copies_parted",
                                                      "copies_kept",
                                                      "behind_bytes",
                                                      "behind_ms",
                                                      "sessions_to_give",
                                                      "sessions_given_per_second",
                                                      "bytes_given_per_second",
                                                      "seconds_left",
                                                      "last_failure",
                                                      "commands",
                                                      "forwarded",
                                                      "digest"};

std::string title_of(std::string_view column) {
  if (column == "ops_per_second") return "OPS/S";
  std::string title = printable(column);
  std::transform(title.begin(), title.end(), title.begin(), [](char c) { return to_upper(c); });
  return title;
}

// What is known of a node that does not answer is what was last heard of it: it stands in brackets.
std::string cell(const Fields& node, const std::string& column) {
  const std::string text = node.text(column, "-");
  const bool last_heard = column == "slots" || column == "sessions";
  if (last_heard && node.find("error") != nullptr && text != "-") return '(' + printable(text) + ')';
  if (column == "bytes" && parse_uint64(text)) return human_bytes(node.number(column));
  return text.empty() ? "-" : printable(text);
}

// The columns that are known in their order, then whatever else a node tells about itself.
std::vector<std::string> columns_of(const std::vector<Fields>& nodes) {
  constexpr std::array<std::string_view, 12> kKnown = {"name",           "state",    "client", "peer",
                                                       "slots",          "sessions", "keys",   "bytes",
                                                       "ops_per_second", "clients",  "epoch",  "link"};
  std::vector<std::string> columns;
  const auto add = [&](std::string_view name) {
    if (std::find(columns.begin(), columns.end(), name) == columns.end()) columns.emplace_back(name);
  };
  for (const std::string_view known : kKnown) {
    const auto has = [&](const Fields& node) { return node.find(known) != nullptr; };
    if (std::any_of(nodes.begin(), nodes.end(), has)) add(known);
  }
  for (const Fields& node : nodes) {
    for (const auto& [name, value] : node.all()) {
      if (std::find(kHidden.begin(), kHidden.end(), name) == kHidden.end()) add(name);
    }
  }
  return columns;
}

// Which cluster file is in force. Its content decides whether it is the same; by the placement nodes agree
// who is to hold what.
std::string file_of(const Fields& node) {
  std::string text =
      fmt::format("epoch {}, content {}", printable(node.text("epoch")), printable(node.text("digest")));
  if (node.find("placement_digest") != nullptr)
    text += ", placement " + printable(node.text("placement_digest"));
  return text;
}

std::string file_text(const std::vector<Fields>& nodes) {
  std::vector<std::string> files;
  std::string each;
  for (const Fields& node : nodes) {
    if (node.find("digest") == nullptr) continue;
    std::string file = file_of(node);
    each += fmt::format("{} {} ({})", each.empty() ? "" : ";", printable(node.text("name")), file);
    if (std::find(files.begin(), files.end(), file) == files.end()) files.push_back(std::move(file));
  }
  if (files.empty()) return "";
  if (files.size() == 1) return "cluster file: " + files.front() + ", the same on all nodes that answer\n";
  return "cluster file: nodes run different ones:" + each + '\n';
}

// How far the fullest node is above what its weight would give it: max/mean, where all weigh the same. Of the
// nodes that have weight and are there for good.
std::optional<double> skew_of(const std::vector<Fields>& nodes, std::string_view figure) {
  double all = 0;
  double all_weights = 0;
  double most = 0;
  for (const Fields& node : nodes) {
    const auto weight = parse_float(node.text("weight"));
    if (node.text("state") != "up" || !weight || *weight <= 0) continue;
    const auto value = static_cast<double>(node.number(figure));
    all += value;
    all_weights += static_cast<double>(*weight);
    most = std::max(most, value / static_cast<double>(*weight));
  }
  if (all == 0) return std::nullopt;
  return most * all_weights / all;
}

std::string skew_text(const std::vector<Fields>& nodes) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kFigures = {
      {{"sessions", "sessions"}, {"bytes", "bytes"}, {"ops_per_second", "ops/s"}}};
  std::string text;
  for (const auto& [figure, title] : kFigures) {
    const auto skew = skew_of(nodes, figure);
    if (skew) text += fmt::format("{} {} {:.2f}", text.empty() ? "" : ",", title, *skew);
  }
  return text.empty() ? "" : "skew (max/mean, by weight):" + text + '\n';
}

// The nodes that give or receive slots.
std::string moves_text(const std::vector<Fields>& nodes) {
  std::vector<Row> rows = {{"NODE", "SLOTS_TO_GIVE", "GIVING", "RECEIVING", "SESSIONS_TO_GIVE", "SESSIONS/S",
                            "BYTES/S", "TIME_LEFT", "TROUBLE"}};
  bool trouble = false;
  for (const Fields& node : nodes) {
    const std::uint64_t busy =
        node.number("slots_to_give") + node.number("slots_giving") + node.number("slots_receiving");
    if (busy == 0) continue;
    const std::string failure = printable(node.text("last_failure"), kErrorTextMax);
    trouble = trouble || !failure.empty();
    const bool known = !node.text("seconds_left").empty();
    rows.push_back(
        {printable(node.text("name")), cell(node, "slots_to_give"), cell(node, "slots_giving"),
         cell(node, "slots_receiving"), cell(node, "sessions_to_give"),
         cell(node, "sessions_given_per_second"), human_bytes(node.number("bytes_given_per_second")),
         known ? human_seconds(node.number("seconds_left")) : "-", failure.empty() ? "-" : failure});
  }
  if (rows.size() == 1) return "";
  if (!trouble) {
    for (Row& row : rows) row.pop_back();
  }
  return '\n' + table(rows);
}

// Where the file wants copies: how those of each node's slots are.
std::string copies_text(const std::vector<Fields>& nodes) {
  std::vector<Row> rows = {{"NODE", "COPIES_IN_SYNC", "BEHIND", "FOR", "PARTED", "COPIES_OF_OTHERS"}};
  for (const Fields& node : nodes) {
    if (node.find("copies_wanted") == nullptr) continue;
    rows.push_back({printable(node.text("name")),
                    fmt::format("{} of {}", node.number("copies_in_sync"), node.number("copies_wanted")),
                    human_bytes(node.number("behind_bytes")), fmt::format("{} ms", node.number("behind_ms")),
                    cell(node, "copies_parted"), cell(node, "copies_kept")});
  }
  return rows.size() == 1 ? "" : '\n' + table(rows);
}

// Who holds slots and does not answer: that is worth more than a cell of a table.
std::string unreachable_text(const std::vector<Fields>& nodes, const Progress& progress) {
  std::string text;
  for (const Fields& node : nodes) {
    if (node.find("error") == nullptr || node.number("slots") == 0) continue;
    const std::string name = printable(node.text("name"));
    const std::string sessions =
        node.find("sessions") == nullptr ? "" : fmt::format(" with {} sessions", node.text("sessions"));
    text +=
        fmt::format("\nOUT OF REACH: {} slots{} of node {}, when it was last heard of: it does not answer\n",
                    node.number("slots"), sessions, name);
    if (node.text("listed") == "0") {
      text += fmt::format(
          "  {0} was taken out of the cluster file, and stopped before it had given everything away: start "
          "it "
          "again on its data directory, with the file of the others, and let it run until it holds no "
          "slots; or, if it and its disk are lost, `limpet cluster claim {0}`\n",
          name);
    }
  }
  if (progress.placed_there > 0) {
    text += fmt::format(
        "\nOUT OF REACH: {} slots, to be with a node that does not answer, and no other knows who "
        "holds them\n",
        progress.placed_there);
  }
  if (progress.cut_off > 0) {
    text += fmt::format("\nOUT OF REACH: {} slots, of a node that answers others and not all of them\n",
                        progress.cut_off);
  }
  return text;
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
                                uid_reason(key, ref.uid), ref.slot, owner.name, view.epoch),
          .state = "",
          .followers = cluster::follower_names(view, ref.slot, view.owner(ref.slot))};
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
              .reason = fields.text("reason"),
              .state = fields.text("state"),
              .followers = fields.text("followers")};
  if (where.reason.empty()) where.reason = uid_reason(key, ref.uid);
  return where;
}

std::string where_text(const Where& where) {
  std::string owner = shown(where.owner);
  if (!where.address.empty()) owner += fmt::format(" at {}", printable(where.address));
  if (!where.shard.empty()) owner += fmt::format(", shard {}", printable(where.shard));
  if (where.state == "unreachable") owner += ", which does not answer";
  const std::string copies =
      where.followers.empty() ? "" : fmt::format("copies on: {}\n", printable(where.followers));
  return fmt::format("uid:   {}\nslot:  {}\nowner: {}\n{}why:   {}\n", shown(where.uid),
                     printable(where.slot), owner, copies, printable(where.reason, where.reason.size()));
}

std::string where_line(const Where& where, std::string_view key) {
  return fmt::format("{}\t{}\t{}\t{}\n", where.owner.empty() ? "-" : shown(where.owner),
                     where.state.empty() ? "-" : printable(where.state), printable(where.slot), shown(key));
}

namespace {

// A node keeps in memory what it owns and what it has copies of.
std::string copies_plan_text(const cluster::Plan& plan) {
  if (!plan.has_copies()) return "";
  const auto slots_kept = [](const std::vector<cluster::PlannedNode>& nodes) {
    std::uint64_t kept = 0;
    for (const cluster::PlannedNode& node : nodes) kept += node.slots + node.copies;
    return static_cast<double>(kept) / kSlots;
  };
  return fmt::format(
      "{} copies of slots are made; sessions take {:.2f} times the memory of one copy, {:.2f} times before\n",
      plan.made_copies, slots_kept(plan.after), slots_kept(plan.before));
}

}  // namespace

std::string plan_text(const cluster::Plan& plan) {
  struct Node {
    std::optional<std::uint32_t> before;
    std::optional<std::uint32_t> after;
  };
  std::map<std::string, std::pair<Node, Node>> nodes;  // slots and copies
  for (const auto& node : plan.before) {
    nodes[node.name].first.before = node.slots;
    nodes[node.name].second.before = node.copies;
  }
  for (const auto& node : plan.after) {
    nodes[node.name].first.after = node.slots;
    nodes[node.name].second.after = node.copies;
  }
  const auto count = [](std::optional<std::uint32_t> n) { return n ? std::to_string(*n) : std::string("-"); };
  std::vector<Row> rows = {{"NODE", "BEFORE", "AFTER", "CHANGE"}};
  if (plan.has_copies()) rows[0].insert(rows[0].end(), {"COPIES_BEFORE", "COPIES_AFTER"});
  for (const auto& [name, of] : nodes) {
    const auto& [slots, copies] = of;
    const auto change = static_cast<std::int64_t>(slots.after.value_or(0)) - slots.before.value_or(0);
    rows.push_back({name, count(slots.before), count(slots.after), fmt::format("{:+}", change)});
    if (plan.has_copies()) rows.back().insert(rows.back().end(), {count(copies.before), count(copies.after)});
  }
  std::string text = table(rows);
  text +=
      fmt::format("\n{} of {} slots move: {}", plan.moved_slots, kSlots, percent(plan.moved_slots, kSlots));
  if (plan.least_possible > 0) {
    text += fmt::format("; the least possible is {} ({:.2f} times that)", plan.least_possible,
                        static_cast<double>(plan.moved_slots) / plan.least_possible);
  }
  return text + '\n' + copies_plan_text(plan);
}

std::string plan_files_text(const cluster::View& before, const cluster::View& after) {
  const auto line = [](const cluster::View& view) {
    return fmt::format("epoch {}, content {:016x}, placement {:016x}\n", view.epoch, view.content_digest,
                       view.placement_digest);
  };
  return "before: " + line(before) + "after:  " + line(after);
}

std::string plan_json(const cluster::Plan& plan) {
  nlohmann::ordered_json json;
  json["moved_slots"] = plan.moved_slots;
  if (plan.has_copies()) json["made_copies"] = plan.made_copies;
  json["before"] = json_of(plan.before);
  json["after"] = json_of(plan.after);
  return json.dump() + '\n';
}

std::optional<std::string> status_text(const Value& reply) {
  std::vector<Fields> nodes;
  for (const Value& node : reply.elements) nodes.emplace_back(node);
  const std::vector<std::string> columns = columns_of(nodes);
  if (columns.empty() || columns.front() != "name") return std::nullopt;
  std::vector<Row> rows(1);
  for (const std::string& column : columns) rows[0].push_back(title_of(column));
  for (const Fields& node : nodes) {
    Row& row = rows.emplace_back();
    for (const std::string& column : columns) row.push_back(cell(node, column));
  }
  std::string text = table(rows);
  const std::string notes = file_text(nodes) + skew_text(nodes);
  if (!notes.empty()) text += '\n' + notes;
  text += moves_text(nodes) + copies_text(nodes);
  const Progress progress = progress_of(reply);
  if (progress.left > 0) {
    text += fmt::format("{} slots with {} sessions to go", progress.left, progress.sessions);
    if (const std::string pace = pace_text(progress); !pace.empty()) text += "; " + pace;
    text += '\n';
  }
  if (!progress.waits_for.empty()) text += "waits: " + progress.waits_for + '\n';
  return text + unreachable_text(nodes, progress);
}

std::optional<std::string> status_json(const Value& reply) {
  using Json = nlohmann::ordered_json;
  Json nodes = Json::array();
  for (const Value& each : reply.elements) {
    const Fields fields(each);
    if (fields.find("name") == nullptr) return std::nullopt;
    Json node;
    for (const auto& [name, value] : fields.all()) {
      if (value->type == Value::Type::integer) {
        node[name] = value->integer;
      } else {
        node[name] = text_of(*value);
      }
    }
    nodes.push_back(std::move(node));
  }
  if (nodes.empty()) return std::nullopt;
  const Json json = {{"whole", is_whole(reply)}, {"nodes", std::move(nodes)}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

bool is_whole(const Value& status) {
  const Progress progress = progress_of(status);
  return progress.unreachable == 0 && progress.one_file && progress.unheld == 0 && progress.forgotten == 0 &&
         progress.silent == 0;
}

std::string moves_plan_text(const Value& status) {
  std::vector<Row> rows = {{"NODE", "SLOTS", "AFTER", "CHANGE"}};
  for (const Value& each : status.elements) {
    const Fields node(each);
    const std::string name = printable(node.text("name"));
    // Of a node that does not answer only what it held is known.
    if (node.find("slots_placed") == nullptr) {
      rows.push_back({name, cell(node, "slots"), "-", "-"});
      continue;
    }
    const std::int64_t change = static_cast<std::int64_t>(node.number("slots_placed")) -
                                static_cast<std::int64_t>(node.number("slots"));
    rows.push_back({name, cell(node, "slots"), cell(node, "slots_placed"), fmt::format("{:+}", change)});
  }
  const Progress progress = progress_of(status);
  return table(rows) + fmt::format("\nepoch {} of the cluster file: {} slots with {} sessions move\n",
                                   progress.epoch, progress.left, progress.sessions);
}

}  // namespace limpet::client
