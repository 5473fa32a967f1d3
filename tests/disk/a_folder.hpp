// A folder of its own for each test that needs files; gone with the test.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "folder.hpp"

namespace limpet::disk {

class FolderTest : public ::testing::Test {
 private:
  const Folder folder_;

 protected:
  const std::string root_ = folder_.path();
};

}  // namespace limpet::disk
