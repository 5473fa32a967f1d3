// A folder of its own for each test that needs files; gone with the test.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "folder.hpp"

namespace limpet::limpetd {

class FolderTest : public ::testing::Test {
 private:
  const Folder temporary_;

 protected:
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::string write(const std::string& name, std::string_view text, mode_t mode = 0600) const {
    const std::string where = path(name);
    std::ofstream(where) << text;
    ::chmod(where.c_str(), mode);
    return where;
  }
  static std::string read(const std::string& where) {
    std::ifstream file(where);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  const std::filesystem::path folder_ = temporary_.path();
};

}  // namespace limpet::limpetd
