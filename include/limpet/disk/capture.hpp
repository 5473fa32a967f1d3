// Capture: the journal files of a data directory as they were at one moment, while a node may go on writing.
//
// It takes no lock and changes nothing. Files only grow, and their names are never used twice; one is removed
// only when a snapshot that takes its place has its name. So if the directory shows the same names before and
// after all were opened, everything that was there in between is among them, and a file's length at that time
// is where its copy ends: each shard's stream up to some place, and every snapshot with all the changes that
// it may show. If the names differ it begins anew.
//
// The files are mapped, not read: their bytes are valid as long as this lives, also those of files that are
// removed meanwhile. Whoever reads bytes that the disk cannot deliver gets SIGBUS.
#pragma once

#include <cstdint>
#include <functional>
#include <limpet/base/result.hpp>
#include <limpet/journal/check.hpp>
#include <memory>
#include <string>
#include <vector>

namespace limpet::disk {

class Mapping;

class Capture {
 public:
  // Errors: bad_input where this is no data directory, unavailable where files come and go too fast, else io.
  // `between` is for tests: called each time between the two looks.
  static Result<Capture> of(const std::string& path, const std::function<void()>& between = nullptr);
  ~Capture();
  Capture(Capture&&) noexcept;
  Capture& operator=(Capture&&) = delete;

  // Sorted by name.
  [[nodiscard]] const std::vector<journal::NamedBytes>& files() const { return files_; }
  [[nodiscard]] std::uint64_t bytes() const;
  // Whose it is.
  [[nodiscard]] const std::string& cluster() const { return cluster_; }
  [[nodiscard]] const std::string& node() const { return node_; }
  // The texts of limpet.id and limpet.base; the latter is empty where there is none.
  [[nodiscard]] const std::string& identity_text() const { return identity_; }
  [[nodiscard]] const std::string& base_text() const { return base_; }
  // The name and text of the newest seals; empty where there are none.
  [[nodiscard]] const std::string& seals_name() const { return seals_name_; }
  [[nodiscard]] const std::string& seals_text() const { return seals_text_; }

  [[nodiscard]] journal::Check check() const { return journal::check(files_, base_generation_, seals_); }

 private:
  Capture();
  Result<bool> look(const std::string& path, const std::function<void()>& between);
  Result<void> identify(const std::string& path);
  Result<void> read_seals(const std::string& path);

  std::vector<journal::NamedBytes> files_;
  std::vector<Mapping> mappings_;
  std::string identity_;
  std::string cluster_;
  std::string node_;
  std::string base_;
  std::uint64_t base_generation_ = 0;
  std::string seals_name_;
  std::string seals_text_;
  journal::Seals seals_;
};

}  // namespace limpet::disk
