#include "progress.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limpet/base/limits.hpp>
#include <limpet/base/text.hpp>
#include <vector>

#include "fields.hpp"
#include "units.hpp"

namespace limpet::client {

namespace {

std::uint64_t left_of(const Fields& node) {
  // A slot on its way is counted where it goes from until it is there.
  return node.number("slots_to_give") + node.number("slots_receiving");
}

bool answers(const Fields& node) { return node.find("error") == nullptr; }

// A node that nobody expects to answer.
bool is_away(const Fields& node) { return node.text("state") == "down" || node.text("state") == "left"; }

std::string name_of(const Fields& node) { return printable(node.text("name")); }

void wait_for(Progress& progress, const std::string& what) {
  progress.waits_for += (progress.waits_for.empty() ? "" : "; ") + what;
}

// What one node has to give, and how fast it does.
void add(Progress& progress, const Fields& node) {
  progress.left += left_of(node);
  progress.sessions += node.number("sessions_to_give");
  progress.sessions_per_second += node.number("sessions_given_per_second");
  progress.bytes_per_second += node.number("bytes_given_per_second");
  if (const auto failure = printable(node.text("last_failure"), kErrorTextMax); !failure.empty()) {
    wait_for(progress, fmt::format("node {} could not give a slot to {}", name_of(node), failure));
  }
}

// Of the node that takes longest; unknown if it is so of one that has something to give.
std::optional<std::uint64_t> seconds_left(const std::vector<Fields>& nodes) {
  std::optional<std::uint64_t> longest;
  for (const Fields& node : nodes) {
    if (node.number("slots_to_give") == 0) continue;
    if (node.text("seconds_left").empty()) return std::nullopt;
    longest = std::max(longest.value_or(0), node.number("seconds_left"));
  }
  return longest;
}

// A node that holds slots is missed, whatever is expected of it.
void name_who_does_not_answer(Progress& progress, const Fields& node) {
  const std::uint64_t slots = node.number("slots");
  if (is_away(node) && slots == 0) return;
  ++progress.silent;
  wait_for(progress, fmt::format("node {} does not answer ({})", name_of(node),
                                 printable(node.text("error"), kErrorTextMax)));
  if (slots == 0) return;
  progress.silent_slots += slots;
  progress.waits_for += fmt::format(", and its {} slots are out of reach", slots);
  if (node.text("state") != "down") return;
  progress.waits_for += fmt::format(
      ": start it again, or, if it and its disk are lost, `limpet cluster claim {}`", name_of(node));
}

// It held slots, and its data directory is not the one that it had then: nobody serves them. What it serves
// besides is to stay.
void name_whose_disk_has_forgotten(Progress& progress, const Fields& node) {
  const std::uint64_t slots = node.number("slots_forgotten");
  if (slots == 0) return;
  progress.forgotten += slots;
  const std::string name = name_of(node);
  if (node.text("data_directory") == "knows of no slot") {
    return wait_for(progress,
                    fmt::format("node {0} held {1} slots and has a data directory that knows of no slot, "
                                "as it was empty, or without titles: start it with the one that it had, "
                                "or, if that is lost, `limpet cluster claim {0}`",
                                name, slots));
  }
  const bool serves = node.number("slots") > 0;
  wait_for(
      progress,
      fmt::format(
          "the data directory of node {0} is an old copy, from before it held {1} slots last: stop it "
          "and start it with the newest, or, if that is lost, {2}stop it, write state = \"down\" "
          "for it, reload, and `limpet cluster claim {0}`",
          name, slots,
          serves ? fmt::format("`limpet cluster drain {0}`, so that what it serves is kept, ", name) : ""));
}

// Why nobody holds them is said by the nodes that are to.
void name_why_unheld(Progress& progress, const std::vector<Fields>& nodes) {
  if (progress.unheld == 0) return;
  std::vector<std::string> reasons;
  for (const Fields& node : nodes) {
    const std::string said = node.text("why_unheld");
    std::string why = printable(said, said.size());
    if (why.empty() || std::find(reasons.begin(), reasons.end(), why) != reasons.end()) continue;
    reasons.push_back(std::move(why));
  }
  wait_for(progress, fmt::format("{} slots have no holder{}{}", progress.unheld, reasons.empty() ? "" : ": ",
                                 fmt::join(reasons, "; ")));
}

// `most`, `least`: of the nodes that answer, how many slots each cannot reach. What none of them can is of
// who does not answer.
void name_what_is_out_of_reach(Progress& progress, std::uint64_t most, std::uint64_t least) {
  const std::uint64_t of_silent = std::max(least, progress.silent_slots);
  progress.unreachable = std::max(most, progress.silent_slots);
  progress.placed_there = of_silent - progress.silent_slots;
  progress.cut_off = progress.unreachable - std::min(progress.unreachable, of_silent);
  if (progress.placed_there > 0) {
    wait_for(progress,
             fmt::format("{} slots are to be with a node that does not answer, and no other knows who "
                         "holds them",
                         progress.placed_there));
  }
  if (progress.cut_off > 0) {
    wait_for(progress, fmt::format("{} slots are out of reach of a node that answers", progress.cut_off));
  }
}

// The newest file is that of the highest epoch; of two contents at one epoch neither is.
void name_who_runs_another_file(Progress& progress, const std::vector<Fields>& nodes) {
  std::string digest;
  for (const Fields& node : nodes) {
    const std::uint64_t epoch = node.number("epoch");
    if (epoch != progress.epoch) {
      progress.one_file = false;
      wait_for(progress, fmt::format("node {} has read epoch {} of the cluster file, not {} yet",
                                     name_of(node), epoch, progress.epoch));
    } else if (digest.empty()) {
      digest = node.text("digest");
    } else if (digest != node.text("digest")) {
      progress.one_file = false;
      wait_for(progress, fmt::format("node {} runs another cluster file of epoch {}", name_of(node), epoch));
    }
  }
}

}  // namespace

void Most::take(const Progress& progress) {
  slots = std::max(slots, progress.left);
  sessions = std::max(sessions, progress.sessions);
}

Progress progress_of(const resp::Value& status) {
  Progress progress;
  std::vector<Fields> nodes;  // that answer
  std::uint64_t most = 0;     // slots that a node cannot reach
  std::uint64_t least = ~std::uint64_t{0};
  std::uint64_t on_the_way = 0;
  for (const resp::Value& each : status.elements) {
    const Fields node(each);
    if (!answers(node)) {
      name_who_does_not_answer(progress, node);
      continue;
    }
    add(progress, node);
    on_the_way += node.number("slots_giving");
    progress.unheld += node.number("slots_unheld");
    name_whose_disk_has_forgotten(progress, node);
    most = std::max(most, node.number("slots_unreachable"));
    least = std::min(least, node.number("slots_unreachable"));
    progress.epoch = std::max(progress.epoch, node.number("epoch"));
    nodes.push_back(node);
  }
  name_who_runs_another_file(progress, nodes);
  progress.seconds_left = seconds_left(nodes);
  name_what_is_out_of_reach(progress, most, nodes.empty() ? 0 : least);
  name_why_unheld(progress, nodes);
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
    add(progress, node);
    progress.seconds_left = seconds_left({node});
    progress.settled = progress.left + node.number("slots_giving") == 0;
    if (progress.settled && node.number("slots") > 0) {
      progress.lost = true;
      progress.waits_for = fmt::format("nobody can take the {} slots that node {} holds",
                                       node.number("slots"), printable(name));
    } else if (progress.settled && node.number("slots_forgotten") > 0) {
      progress.lost = true;
      progress.waits_for = "nothing is left to give, and ";
      Progress forgotten;
      name_whose_disk_has_forgotten(forgotten, node);
      progress.waits_for += forgotten.waits_for;
    }
    return progress;
  }
  progress.waits_for = fmt::format("there is no node {}", printable(name));
  progress.settled = progress.lost = true;
  return progress;
}

std::string pace_text(const Progress& progress) {
  if (progress.sessions_per_second + progress.bytes_per_second == 0) return "";
  std::string text = fmt::format("{} sessions/s, {}/s", progress.sessions_per_second,
                                 human_bytes(progress.bytes_per_second));
  if (progress.seconds_left) text += fmt::format(", {} left", human_seconds(*progress.seconds_left));
  return text;
}

std::string progress_text(const Progress& progress, const Most& most, bool bar) {
  if (progress.settled) {
    if (progress.lost) return progress.waits_for;
    return fmt::format("settled: {} slots with {} sessions have moved", most.slots, most.sessions);
  }
  constexpr std::uint64_t kWidth = 30;
  const bool by_sessions = most.sessions > 0;
  const std::uint64_t left = by_sessions ? progress.sessions : progress.left;
  const std::uint64_t all = by_sessions ? most.sessions : most.slots;
  // Nothing moves, and nothing has: only what is waited for is news.
  if (all == 0 && !progress.waits_for.empty()) return "waits: " + progress.waits_for;
  std::string text;
  if (bar) {
    const std::uint64_t done = all == 0 ? 0 : (all - left) * kWidth / all;
    text = '[' + std::string(done, '#') + std::string(kWidth - done, '.') + "] ";
  }
  if (by_sessions) text += fmt::format("{} of {} sessions and ", left, all);
  text += fmt::format("{} of {} slots to go", progress.left, most.slots);
  if (const std::string pace = pace_text(progress); !pace.empty()) text += "; " + pace;
  if (!progress.waits_for.empty()) text += "; " + progress.waits_for;
  return text;
}

}  // namespace limpet::client
