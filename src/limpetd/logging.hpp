// Log: where limpetd's log lines go, as text or as JSON, one line each.
//
//   2026-01-01T00:00:00.000Z info ready: node n1 answers clients on 127.0.0.1:7601
//   {"time":"2026-01-01T00:00:00.000Z","level":"info","message":"ready: node n1 ..."}
//
// Lines are written by a thread of its own, so that a full pipe or a slow disk never holds up a shard. At the
// bound of its queue the oldest lines go, and the next line says how many. Makes itself spdlog's default
// logger; one at a time. To be made after the process has gone to the background: threads do not survive a
// fork.
#pragma once

#include <limpet/base/result.hpp>
#include <memory>
#include <string>

#include "load.hpp"

namespace limpet::limpetd {

class Log {
 public:
  // Error: the file cannot be opened.
  [[nodiscard]] static Result<std::unique_ptr<Log>> open(const LogSettings& settings);
  ~Log();  // writes what is queued, however long that takes
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // The same, but for no longer than kLogEndMs. False: whoever is to take the lines does not, and a thread
  // goes on waiting for that, so the process is to be ended without more ado.
  [[nodiscard]] bool close();

  // Opens the file again, for whoever moved it away. Error: it cannot be opened; the old one stays in use.
  [[nodiscard]] Result<void> reopen();
  void set_level(const std::string& level);
  // A warning that passes the queue by: for the last words of a process that ends without stopping its
  // threads. Waits for kLogEndMs at most.
  void write_now(const std::string& text);

 private:
  class Impl;
  explicit Log(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace limpet::limpetd
