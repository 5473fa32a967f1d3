// Tools for a data directory: journal verify, journal dump, backup. They need no server, and change nothing
// in the directory, whoever runs on it.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <limpet/base/encoding.hpp>
#include <limpet/disk/backup.hpp>
#include <limpet/disk/capture.hpp>
#include <limpet/journal/walk.hpp>
#include <limpet/store/change.hpp>
#include <tuple>

#include "exit_codes.hpp"
#include "journal_text.hpp"
#include "run.hpp"
#include "session.hpp"

namespace limpet::client {

namespace {

using journal::FileKind;
using journal::NamedBytes;
using journal::Record;
using journal::SegmentHeader;
using journal::WalkStep;

// A mapped file that the disk cannot deliver, or that somebody cuts short, ends the process: with words.
void on_bus_error(int) {
  constexpr std::string_view kText =
      "limpet: a file of the directory cannot be read: its disk has failed, or it was cut short meanwhile\n";
  [[maybe_unused]] const auto told = ::write(STDERR_FILENO, kText.data(), kText.size());
  ::_exit(kBadFile);
}

void expect_bus_errors() { std::signal(SIGBUS, on_bus_error); }

std::string whose(const std::string& node, const std::string& cluster) {
  return fmt::format("node '{}' of cluster '{}'", node, cluster);
}

// False: nobody reads any more, or it cannot be written.
bool put(std::string_view text) { return std::fwrite(text.data(), 1, text.size(), stdout) == text.size(); }

// What a pipe does not take is nobody's business; a file that is full is.
int finish(bool written) {
  if (written && std::fflush(stdout) == 0) return kDone;
  return errno == EPIPE ? int{kDone} : complain({Code::io, "the output cannot be written"});
}

// ---- Dump ----

constexpr std::size_t kShownBytes = 200;

class Dump {
 public:
  Dump(const disk::Capture& capture, const DumpTask& task)
      : capture_(capture), full_(task.full), keyed_(task.key.has_value()), name_(task.key.value_or("")) {
    key_.set(name_);
  }

  int run();

 private:
  struct Line {
    std::uint64_t sequence;
    FileKind kind;
    std::string text;
  };

  bool take_file(const NamedBytes& file);
  bool take(const NamedBytes& file, const SegmentHeader& header, const WalkStep& step);
  bool print_in_order();

  const disk::Capture& capture_;
  const bool full_;
  const bool keyed_;
  const std::string name_;
  KeyRef key_;
  std::vector<Line> lines_;  // of the key
};

// In the order of runs, and of one run the snapshots first: what they took the place of is mostly gone.
int Dump::run() {
  std::vector<std::pair<SegmentHeader, const NamedBytes*>> order;
  for (const NamedBytes& file : capture_.files()) {
    const auto header = journal::read_header(file.bytes);
    if (header) {
      order.emplace_back(*header, &file);
    } else {
      std::fprintf(stderr, "limpet: %s %s: left out\n", escaped(file.name).c_str(),
                   escaped(header.error().text).c_str());
    }
  }
  std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
    const auto rank = [](const SegmentHeader& of) {
      return std::tuple(of.stream, of.kind == FileKind::journal, of.number);
    };
    return rank(a.first) < rank(b.first);
  });
  bool wanted = true;
  for (const auto& [header, file] : order) {
    if (wanted && (!keyed_ || key_.slot % header.shards == header.stream.shard)) wanted = take_file(*file);
  }
  return finish(wanted && print_in_order());
}

bool Dump::take_file(const NamedBytes& file) {
  const SegmentHeader header = *journal::read_header(file.bytes);
  bool wanted = true;
  journal::walk(file.bytes, header, [&](const WalkStep& step) {
    wanted = take(file, header, step);
    return wanted;
  });
  return wanted;
}

bool Dump::take(const NamedBytes& file, const SegmentHeader& header, const WalkStep& step) {
  const Place place = {file.name, step.offset};
  // What cannot be read stands with all, and may have been of any key.
  if (!step.whole) return put(broken_line(place, step.bytes));
  const Record& record = step.record;
  const bool of_version = record.kind == Record::Kind::term || record.kind == Record::Kind::goes_on;
  if (of_version && !keyed_) return put(version_line(place, record));
  if (record.kind != Record::Kind::change || (keyed_ && record.slot != key_.slot)) return true;
  std::string_view effects = record.body;
  store::EffectView effect;
  bool wanted = true;
  while (wanted && store::take_effect(effects, effect)) {
    if (keyed_ && !concerns(effect, key_)) continue;
    std::string line = effect_line(place, record, effect, full_ ? record.body.size() : kShownBytes);
    if (keyed_) {
      lines_.push_back({record.sequence, header.kind, std::move(line)});
    } else {
      wanted = put(line);
    }
  }
  return wanted;
}

// A slot counts its changes over all runs; a copy of it stands behind the last one that it has for certain.
bool Dump::print_in_order() {
  std::stable_sort(lines_.begin(), lines_.end(), [](const Line& a, const Line& b) {
    return std::tuple(a.sequence, a.kind) < std::tuple(b.sequence, b.kind);
  });
  return std::all_of(lines_.begin(), lines_.end(), [](const Line& line) { return put(line.text); });
}

}  // namespace

int run_verify(const VerifyTask& task) {
  expect_bus_errors();
  const auto capture = disk::Capture::of(task.directory);
  if (!capture) return complain(capture.error());
  const journal::Check check = capture->check();
  const int end = finish(put(check_text(check, whose(capture->node(), capture->cluster()))));
  if (end != kDone) return end;
  if (!check.refusals.empty()) return kUsage;
  return check.sound() ? kDone : kDamaged;
}

int run_dump(const DumpTask& task) {
  expect_bus_errors();
  std::signal(SIGPIPE, SIG_IGN);
  const auto capture = disk::Capture::of(task.directory);
  if (!capture) return complain(capture.error());
  return Dump(*capture, task).run();
}

int run_backup(const BackupTask& task) {
  expect_bus_errors();
  using namespace std::chrono;
  const auto began = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  const auto backup = disk::back_up(task.directory, task.target);
  if (!backup) return complain(backup.error());
  std::string text = fmt::format(
      "{}: {}, {} files, {} bytes, checked\n"
      "It has every write that was acknowledged before {}.\n",
      task.target, whose(backup->node, backup->cluster), backup->files, backup->bytes, utc_text(began));
  if (backup->titles) {
    text += fmt::format(
        "It holds {} slots{}, by epoch {} of the cluster file, as of start {} of the node.\n", backup->owned,
        backup->promised == 0 ? "" : fmt::format(", and was promised {} more", backup->promised),
        backup->epoch, backup->starts);
  }
  return finish(put(text));
}

}  // namespace limpet::client
