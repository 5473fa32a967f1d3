#include "progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limpet/base/number.hpp>
#include <limpet/base/text.hpp>
#include <vector>

#include "fields.hpp"

namespace limpet::client {

namespace {

std::uint64_t number(const Fields& node, std::string_view field) {
  return parse_uint64(node.text(field, "0")).value_or(0);
}

std::uint64_t left_of(const Fields& node) {
  // A slot on its way is counted where it goes from until it is there.
  return number(node, "slots_to_give") + number(node, "slots_receiving");
}

bool answers(const Fields& node) { return node.find("error") == nullptr; }

// A node that nobody expects to answer.
bool is_away(const Fields& node) { return node.text("state") == "down" || node.text("state") == "left"; }

}  // namespace

Progress progress_of(const resp::Value& status) {
  Progress progress;
  std::uint64_t newest = 0;
  for (const resp::Value& each : status.elements) newest = std::max(newest, number(Fields(each), "epoch"));
  std::uint64_t unheld = 0;
  std::uint64_t on_the_way = 0;
  for (const resp::Value& each : status.elements) {
    const Fields node(each);
    const std::string name = printable(node.text("name"));
    if (!answers(node)) {
      if (!is_away(node)) progress.waits_for = "node " + name + " does not answer";
      continue;
    }
    progress.left += left_of(node);
    on_the_way += number(node, "slots_giving");
    unheld += number(node, "slots_unheld");
    if (const std::uint64_t epoch = number(node, "epoch"); epoch != newest) {
      progress.waits_for =
          fmt::format("node {} has read epoch {} of the cluster file, not {} yet", name, epoch, newest);
    }
  }
  if (unheld > 0 && progress.waits_for.empty())
    progress.waits_for = fmt::format("{} slots have no holder", unheld);
  progress.settled = progress.left + on_the_way == 0 && progress.waits_for.empty();
  return progress;
}

Progress progress_of_node(const resp::Value& status, std::string_view name) {
  Progress progress;
  for (const resp::Value& each : status.elements) {
    const Fields node(each);
    if (node.text("name") != name) continue;
    if (!answers(node)) {
      progress.waits_for = fmt::format("node {} does not answer any more", printable(name));
      progress.settled = progress.lost = true;
      return progress;
    }
    progress.left = left_of(node);
    progress.settled = progress.left + number(node, "slots_giving") == 0;
    progress.lost = progress.settled && number(node, "slots") > 0;
    if (progress.lost) {
      progress.waits_for = fmt::format("nobody can take the {} slots that node {} holds",
                                       number(node, "slots"), printable(name));
    }
    return progress;
  }
  progress.waits_for = fmt::format("there is no node {}", printable(name));
  progress.settled = progress.lost = true;
  return progress;
}

std::string progress_text(const Progress& progress, std::uint64_t most, bool bar) {
  if (progress.settled) {
    return progress.lost ? progress.waits_for : fmt::format("settled: {} slots have moved", most);
  }
  constexpr std::uint64_t kWidth = 30;
  std::string text;
  if (bar) {
    const std::uint64_t done = most == 0 ? 0 : (most - progress.left) * kWidth / most;
    text = '[' + std::string(done, '#') + std::string(kWidth - done, '.') + "] ";
  }
  text += fmt::format("{} of {} slots to go", progress.left, most);
  if (!progress.waits_for.empty()) text += "; " + progress.waits_for;
  return text;
}

}  // namespace limpet::client
