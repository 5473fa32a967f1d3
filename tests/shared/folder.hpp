// A folder for a test that needs files, gone with its owner.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>

namespace limpet {

class Folder {
 public:
  Folder() : path_((std::filesystem::temp_directory_path() / "limpet-test-XXXXXX").string()) {
    ::mkdtemp(path_.data());
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace limpet
