#include "reload_text.hpp"

#include <algorithm>
#include <limpet/base/number.hpp>
#include <limpet/base/text.hpp>
#include <map>
#include <string_view>
#include <utility>

#include "fields.hpp"

namespace limpet::client {

namespace {

using Verdict = NodeFile::Verdict;

// What a node says that does not know CLUSTER CHECK.
constexpr std::string_view kUnknownToOlder = "ERR no command for a node as a whole";
constexpr std::string_view kIsOlder =
    "it is of an earlier release and cannot be asked what it would do; send each node SIGHUP";

// NAME VALUE, a line each.
std::map<std::string, std::string> fields_of(std::string_view text) {
  std::map<std::string, std::string> fields;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    const std::size_t space = std::min(line.find(' '), line.size());
    fields[std::string(line.substr(0, space))] = line.substr(std::min(space + 1, line.size()));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return fields;
}

// The file that all nodes should have: of the highest epoch the one of the first node. Null: none is known.
const NodeFile* newest_of(const std::vector<NodeFile>& files) {
  const NodeFile* newest = nullptr;
  for (const NodeFile& file : files) {
    if (file.epoch > (newest != nullptr ? newest->epoch : 0)) newest = &file;
  }
  return newest;
}

// How it differs from that one; empty: not at all, or it is wrong by itself.
std::string difference(const NodeFile& file, const NodeFile* newest) {
  if (newest == nullptr || file.epoch == 0 || file.verdict == Verdict::refuses) return {};
  const std::string epoch = std::to_string(file.epoch);
  if (file.epoch < newest->epoch) {
    return file.file + " has epoch " + epoch + ", and " + newest->file + " of " + newest->node + " has " +
           std::to_string(newest->epoch) + "; give all nodes the newest file";
  }
  if (file.content == newest->content) return {};
  return file.file + " has epoch " + epoch + " as " + newest->file + " of " + newest->node +
         ", but other content (" + file.content + ", not " + newest->content +
         "); give all nodes the same file";
}

bool is_awaited(const NodeFile& silent, const NodeFile* newest) {
  return newest == nullptr ||
         std::find(newest->awaits.begin(), newest->awaits.end(), silent.node) != newest->awaits.end();
}

std::string line_of(const NodeFile& file, const std::string& differs, bool awaited) {
  const std::string who = file.node.empty() ? "" : printable(file.node) + ": ";
  const std::string said = printable(file.says, file.says.size());
  if (!differs.empty()) return who + printable(differs, differs.size()) + '\n';
  if (file.verdict == Verdict::takes) return who + "would take: " + said + '\n';
  const bool is_fine = file.verdict == Verdict::silent && !awaited;
  return who + said + (is_fine ? "; by the cluster file it need not be up" : "") + '\n';
}

}  // namespace

NodeFile node_file(std::string node, const resp::Value& reply) {
  NodeFile told;
  told.node = std::move(node);
  if (reply.type == resp::Value::Type::error) {
    told.verdict = reply.text.starts_with("CLUSTERDOWN") ? Verdict::silent : Verdict::refuses;
    told.says = reply.text == kUnknownToOlder ? std::string(kIsOlder) : reply.text;
    return told;
  }
  auto fields = fields_of(reply.text);
  const std::string verdict = fields["verdict"];
  told.verdict = verdict == "takes"     ? Verdict::takes
                 : verdict == "nothing" ? Verdict::nothing
                                        : Verdict::refuses;
  told.says = verdict.empty() ? std::string(kIsOlder) : fields["says"];
  told.file = fields["file"];
  told.epoch = parse_uint64(fields["epoch"]).value_or(0);
  told.content = fields["content"];
  const auto awaits = words_of(fields["awaits"]);
  told.awaits.assign(awaits.begin(), awaits.end());
  told.keeps = parse_uint64(fields["kept"]).value_or(0) > 0;
  return told;
}

ReloadCheck check_reload(const std::vector<NodeFile>& files) {
  ReloadCheck check;
  const NodeFile* const newest = newest_of(files);
  for (const NodeFile& file : files) {
    const std::string differs = difference(file, newest);
    const bool awaited = file.verdict == Verdict::silent && is_awaited(file, newest);
    check.refused |= file.verdict == Verdict::refuses || !differs.empty();
    check.whole &= !awaited && !file.keeps;
    check.text += line_of(file, differs, awaited);
  }
  return check;
}

}  // namespace limpet::client
