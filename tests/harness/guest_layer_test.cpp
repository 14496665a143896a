// Recipes that are none, before anything is built. Real layers are built by vm/reference_run_test.cpp.
#include "harness/vm/guest_layer.h"

#include "tests/harness/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hotgate::harness {
namespace {

const Progress quiet = [](std::string_view) {};

TEST(GuestLayer, AFolderThatIsNotThereIsAUsageError) {
  const TemporaryFolder folder;
  const auto layer = provideGuestLayer(folder.path() / "cache", {}, folder.path() / "none", quiet);
  ASSERT_FALSE(layer);
  EXPECT_EQ(layer.error().kind, ErrorKind::usage);
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "cache"));
}

TEST(GuestLayer, ARecipeWithoutItsPartsIsAUsageErrorThatNamesTheMissingOne) {
  const TemporaryFolder folder;
  folder.write("packages.txt", "bind9\n");
  const auto layer = provideGuestLayer(folder.path() / "cache", {}, folder.path(), quiet);
  ASSERT_FALSE(layer);
  EXPECT_THAT(layer.error().entity, testing::EndsWith("customize.sh"));
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "cache"));
}

} // namespace
} // namespace hotgate::harness
