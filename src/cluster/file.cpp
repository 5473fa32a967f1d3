#include <charconv>
#include <limpet/base/encoding.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/base/text.hpp>
#include <limpet/cluster/view.hpp>
#include <utility>

#include "document.hpp"
#include "faults.hpp"
#include "finish.hpp"
#include "node_list.hpp"
#include "table_reader.hpp"

namespace limpet::cluster {

namespace {

std::uint64_t read_epoch(const TableReader& root, Faults& faults) {
  if (root.find("epoch") == nullptr) {
    faults.add_missing({},
                       "there is no epoch; add the line epoch = 1 at the top, and raise it at every edit");
    return 0;
  }
  const Value* epoch = root.integer("epoch");
  if (epoch == nullptr) return 0;
  if (epoch->integer < 1) {
    root.fault(epoch->at, "epoch is below 1; start with epoch = 1 and raise it at every edit");
    return 0;
  }
  if (epoch->integer > kEpochMax) {
    root.fault(epoch->at, "epoch is above " + std::to_string(kEpochMax) +
                              ", so there would be no room to raise it; write the last one plus 1");
    return 0;
  }
  return static_cast<std::uint64_t>(epoch->integer);
}

Durability read_durability(const TableReader& table) {
  constexpr Durability kDefault = Durability::interval;
  const Value* value = table.text("durability");
  if (value == nullptr) return kDefault;
  for (const Durability durability : {Durability::none, Durability::interval, Durability::always}) {
    if (value->text == name_of(durability)) return durability;
  }
  table.fault(value->at, "unknown durability '" + printable(value->text) +
                             "'; write \"none\", \"interval\" or \"always\"");
  return kDefault;
}

// ---- Copies ----

unsigned read_count(const TableReader& table, std::string_view key, unsigned otherwise, unsigned least,
                    unsigned most) {
  const Value* const value = table.integer(key);
  if (value == nullptr) return otherwise;
  if (value->integer >= least && value->integer <= most) return static_cast<unsigned>(value->integer);
  table.fault(value->at, std::string(key) + " is " + std::to_string(value->integer) +
                             "; write a number from " + std::to_string(least) + " to " +
                             std::to_string(most));
  return otherwise;
}

Acks read_acks(const TableReader& table, Acks otherwise) {
  const Value* const value = table.text("acks");
  if (value == nullptr) return otherwise;
  for (const Acks acks : {Acks::none, Acks::one, Acks::majority, Acks::all}) {
    if (value->text == name_of(acks)) return acks;
  }
  table.fault(value->at, "unknown acks '" + printable(value->text) +
                             "'; write \"none\", \"one\", \"majority\" or \"all\"");
  return otherwise;
}

// Settings of copies say nothing where there are none, and may stay when these are given up for a while.
CopiesPolicy read_copies(const TableReader& table, Durability durability, std::size_t nodes) {
  CopiesPolicy policy;
  policy.followers = read_count(table, "followers", 0, 0, kFollowersMax);
  policy.acks = read_acks(table, policy.followers < 2 ? Acks::one : Acks::majority);
  const bool majority = policy.acks == Acks::majority;
  const unsigned least = majority ? majority_of(policy.followers) : 0;
  policy.min_followers = policy.followers == 0
                             ? read_count(table, "min_followers", 0, 0, kFollowersMax)
                             : read_count(table, "min_followers", least, least, policy.followers);
  if (policy.followers == 0) return {};
  if (nodes <= policy.followers) {
    table.fault(table.position_of("followers"), "followers = " + std::to_string(policy.followers) +
                                                    " needs " + std::to_string(policy.followers + 1) +
                                                    " nodes; this file lists " + std::to_string(nodes));
  }
  if (durability == Durability::none) {
    table.fault(table.position_of("followers"),
                "followers need a journal, which numbers the changes; write durability = \"interval\" or "
                "\"always\", or followers = 0");
  }
  if (majority && policy.followers < 2) {
    table.fault(table.position_of("acks"),
                "acks = \"majority\" needs followers = 2 or more; for two nodes use \"one\"");
  }
  return policy;
}

std::string read_path(const TableReader& table, std::string_view key) {
  const Value* path = table.text(key);
  return path == nullptr ? std::string() : path->text;
}

// The table of that name, or nothing. One that is no table is a fault.
const Value* find_table(const TableReader& root, std::string_view key) {
  const Value* value = root.find(key);
  if (value == nullptr || value->kind == Value::Kind::table) return value;
  root.fault(value->at, std::string(key) + " is " + std::string(name_of(value->kind)) + "; write [" +
                            std::string(key) + "] on a line of its own and its settings below");
  return nullptr;
}

void read_cluster(const TableReader& root, ClusterFile& parsed, Faults& faults) {
  View& view = parsed.view;
  const Value* value = find_table(root, "cluster");
  if (value == nullptr) {
    if (root.find("cluster") == nullptr) {
      faults.add_missing({}, "there is no [cluster]; add [cluster] with name = \"demo\"");
    }
    return;
  }
  const TableReader table(
      *value, "[cluster]",
      {"name", "durability", "followers", "acks", "min_followers", "secret_file", "password_file"}, faults);
  if (const Value* name = table.required_text("name", "name = \"demo\"")) {
    view.name = name->text;
    check_name("name", name->text, name->at, faults);
  }
  view.durability = read_durability(table);
  view.copies = read_copies(table, view.durability, view.nodes.size());
  view.secret_file = read_path(table, "secret_file");
  view.password_file = read_path(table, "password_file");
  if (!view.password_file.empty()) parsed.password_line = table.position_of("password_file").line;
}

std::string text_of(const Value& value) {
  switch (value.kind) {
    case Value::Kind::text:
      return value.text;
    case Value::Kind::integer:
      return std::to_string(value.integer);
    case Value::Kind::boolean:
      return value.boolean ? "true" : "false";
    default:
      break;
  }
  char digits[64];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value.real);
  return error == std::errc() ? std::string(digits, end) : std::string();
}

bool is_scalar(Value::Kind kind) {
  return kind == Value::Kind::text || kind == Value::Kind::integer || kind == Value::Kind::real ||
         kind == Value::Kind::boolean;
}

// Which settings there are is the daemon's to say.
ServerTable read_server(const TableReader& root) {
  ServerTable server;
  const Value* table = find_table(root, "server");
  if (table == nullptr) return server;
  for (const Entry& entry : table->entries) {
    if (is_scalar(entry.value.kind)) {
      server[entry.key] = {text_of(entry.value), entry.at.line, entry.at.column, entry.value.at.column};
      continue;
    }
    root.fault(entry.at, printable(entry.key) + " is " + std::string(name_of(entry.value.kind)) +
                             "; a setting of [server] is text, a number, true or false");
  }
  return server;
}

}  // namespace

Result<ClusterFile> parse_file(std::string_view text, std::string_view file) {
  Faults faults;
  if (text.size() > kConfigBytesMax) {
    faults.add({}, "the file has " + std::to_string(text.size()) + " bytes, and at most " +
                       std::to_string(kConfigBytesMax) + " are read; make it shorter");
    return tl::unexpected<Error>(faults.first(file));
  }
  if (const auto fault = find_encoding_fault(text)) {
    faults.add({fault->line, fault->column}, fault->text);
    return tl::unexpected<Error>(faults.first(file));
  }
  const Value document = parse_document(text, faults);
  if (!faults.none()) return tl::unexpected<Error>(faults.first(file));

  ClusterFile parsed;
  const TableReader root(document, "the file", {"epoch", "cluster", "node", "server"}, faults);
  parsed.view.epoch = read_epoch(root, faults);
  parsed.view.nodes = read_nodes(document, faults);
  read_cluster(root, parsed, faults);
  parsed.server = read_server(root);
  if (!faults.none()) return tl::unexpected<Error>(faults.first(file));
  finish(parsed.view);
  return parsed;
}

}  // namespace limpet::cluster
