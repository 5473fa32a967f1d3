// PidFile: says which process runs, and keeps a second one out.
//
// The file is locked while its process lives, so a file that a crash left behind is in nobody's way.
#pragma once

#include <limpet/base/result.hpp>
#include <memory>
#include <string>

namespace limpet::limpetd {

class PidFile {
 public:
  // Error: the file names a limpetd that runs. Called before anything is bound, so that the error is about
  // this.
  [[nodiscard]] static Result<void> check(const std::string& path);
  // Writes the id of this process. Error: as check(), or the file cannot be written. A full disk is no error,
  // as a node has to start on one: the lock keeps others out without the id.
  [[nodiscard]] static Result<std::unique_ptr<PidFile>> write(const std::string& path);
  ~PidFile();                                          // removes the file, if it is still this one
  [[nodiscard]] bool whole() const { return whole_; }  // false: there was no room for the id
  PidFile(const PidFile&) = delete;
  PidFile& operator=(const PidFile&) = delete;

 private:
  PidFile(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}

  std::string path_;
  int fd_;
  bool whole_ = false;
};

}  // namespace limpet::limpetd
