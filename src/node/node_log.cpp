#include "node_log.hpp"

#include <spdlog/spdlog.h>

#include <chrono>
#include <limpet/net/clock.hpp>

namespace limpet::node {

namespace {

void write(const std::vector<NoteFold::Line>& lines) {
  for (const NoteFold::Line& line : lines) {
    switch (line.level) {
      case shard::Note::Level::debug:
        spdlog::debug("{}", line.text);
        break;
      case shard::Note::Level::info:
        spdlog::info("{}", line.text);
        break;
      case shard::Note::Level::warning:
        spdlog::warn("{}", line.text);
        break;
      case shard::Note::Level::error:
        spdlog::error("{}", line.text);
        break;
    }
  }
}

}  // namespace

NodeLog::NodeLog() {
  thread_ = std::thread([this] { run(); });
}

NodeLog::~NodeLog() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
  finish();
}

void NodeLog::note(const shard::Note& note) {
  const std::lock_guard lock(mutex_);
  write(fold_.add(note, net::read_clocks()));
}

void NodeLog::finish() {
  const std::lock_guard lock(mutex_);
  write(fold_.due(net::read_clocks(), true));
}

void NodeLog::run() {
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, std::chrono::milliseconds(kMoveNoteMs), [this] { return ending_; })) {
    write(fold_.due(net::read_clocks()));
  }
}

}  // namespace limpet::node
