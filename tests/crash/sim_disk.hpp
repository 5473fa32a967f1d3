// SimDisk: the files of one directory, what the kernel has of them and what the disk has.
//
// A process sees what it wrote at once. The disk has it for certain once the file was synced, and a name
// (made, changed or removed) once the directory was. A process that is killed loses nothing of that. When the
// power fails, of everything that was not synced any part may be there, and the rest not:
//   - of the bytes of a file each sector for itself, zeros in its place, and a length anywhere in between
//   - of the operations on names each for itself
// Files only grow, as the journal's do.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "dice.hpp"

namespace limpet::crash {

class SimDisk {
 public:
  enum class Operation : std::uint8_t { create, write, sync, rename, remove, sync_directory };
  static constexpr std::size_t kOperations = 6;
  using FileId = std::size_t;

  // A new, empty file. A file that had the name loses it.
  FileId create(const std::string& name);
  void write(FileId file, std::string_view bytes);
  void sync(FileId file);
  void rename(const std::string& from, const std::string& to);
  void remove(const std::string& name);
  void sync_directory();

  [[nodiscard]] std::vector<std::string> list(std::string_view extension) const;
  [[nodiscard]] bool has(const std::string& name) const { return names_.contains(name); }
  // REQUIRES: has(name).
  [[nodiscard]] FileId find(const std::string& name) const { return names_.at(name); }
  [[nodiscard]] const std::string& read(const std::string& name) const { return files_[find(name)].content; }
  // How many there were since the beginning.
  [[nodiscard]] std::uint64_t count(Operation operation) const {
    return counts_[static_cast<std::size_t>(operation)];
  }

  void lose_power(Dice& dice);

 private:
  struct File {
    std::string content;
    std::size_t synced = 0;  // so many bytes are on the disk
  };
  // One change of the names that the disk may not have yet. Empty: no such name.
  struct NameChange {
    std::string gone;
    std::string made;
    FileId file;
  };
  using Names = std::map<std::string, FileId>;

  void note(Operation operation) { ++counts_[static_cast<std::size_t>(operation)]; }
  void change_names(const NameChange& change);
  static void apply(Names& names, const NameChange& change);
  static void tear(File& file, Dice& dice);

  std::vector<File> files_;
  Names names_;                       // as processes see them
  Names safe_names_;                  // as the disk has them
  std::vector<NameChange> unsynced_;  // between the two, in order
  std::array<std::uint64_t, kOperations> counts_ = {};
};

}  // namespace limpet::crash
