// Cache entries: whole or not there, built once however many ask.
#include "harness/vm/cache.h"

#include "tests/harness/temporary_folder.h"

#include <atomic>
#include <gtest/gtest.h>
#include <thread>
#include <vector>

namespace hotgate::harness {
namespace {

namespace fs = std::filesystem;

Result<> writeMark(const fs::path &folder) {
  std::ofstream(folder / "mark") << "whole";
  return {};
}

TEST(Cache, AnEntryIsBuiltOnce) {
  const TemporaryFolder folder;
  int builds = 0;
  const auto build = [&](const fs::path &path) {
    ++builds;
    return writeMark(path);
  };
  const fs::path cache = folder.path() / "deep" / "cache";
  const auto first = cacheEntry(cache, "image-1", build);
  ASSERT_TRUE(first);
  EXPECT_TRUE(fs::exists(*first / "mark"));
  EXPECT_EQ(cacheEntry(cache, "image-1", build), *first);
  EXPECT_EQ(builds, 1);
}

TEST(Cache, AFailedBuildLeavesNoEntryAndNoTemporaryFolder) {
  const TemporaryFolder folder;
  EXPECT_FALSE(cacheEntry(folder.path(), "image-1", [](const fs::path &path) -> Result<> {
    (void)writeMark(path);
    return failFault("build", "", "no");
  }));
  EXPECT_FALSE(fs::exists(folder.path() / "image-1"));
  EXPECT_FALSE(fs::exists(folder.path() / "image-1.tmp"));
}

TEST(Cache, TheRestOfAnInterruptedBuildIsThrownAway) {
  const TemporaryFolder folder;
  fs::create_directory(folder.path() / "image-1.tmp");
  std::ofstream(folder.path() / "image-1.tmp" / "half") << "written";
  const auto entry = cacheEntry(folder.path(), "image-1", writeMark);
  ASSERT_TRUE(entry);
  EXPECT_TRUE(fs::exists(*entry / "mark"));
  EXPECT_FALSE(fs::exists(*entry / "half"));
}

TEST(Cache, OfManyAtOnceOneBuilds) {
  const TemporaryFolder folder;
  std::atomic<int> builds = 0;
  std::atomic<int> whole = 0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 8; ++thread)
    threads.emplace_back([&] {
      const auto entry = cacheEntry(folder.path(), "image-1", [&](const fs::path &path) {
        ++builds;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        return writeMark(path);
      });
      whole += entry && fs::exists(*entry / "mark") ? 1 : 0;
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(builds, 1);
  EXPECT_EQ(whole, 8);
}

TEST(Cache, ABuildRemovesEntriesOfItsKindThatNobodyAskedForInTwoWeeks) {
  const TemporaryFolder folder;
  const auto age = [&](const fs::path &entry, int days) {
    fs::last_write_time(entry, fs::file_time_type::clock::now() - std::chrono::days(days));
  };
  for (const char *name : {"image-old", "image-young", "image-asked", "guest-old"})
    ASSERT_TRUE(cacheEntry(folder.path(), name, writeMark));
  age(folder.path() / "image-old", 15);
  age(folder.path() / "image-young", 13);
  age(folder.path() / "image-asked", 15);
  age(folder.path() / "guest-old", 15);
  ASSERT_TRUE(cacheEntry(folder.path(), "image-asked", writeMark));
  ASSERT_TRUE(cacheEntry(folder.path(), "image-new", writeMark));
  EXPECT_FALSE(fs::exists(folder.path() / "image-old"));
  EXPECT_FALSE(fs::exists(folder.path() / "image-old.tmp"));
  for (const char *kept : {"image-young", "image-asked", "guest-old", "image-new"})
    EXPECT_TRUE(fs::exists(folder.path() / kept)) << kept;
}

TEST(Cache, ADroppedEntryIsBuiltAgain) {
  const TemporaryFolder folder;
  const auto entry = cacheEntry(folder.path(), "image-1", writeMark);
  ASSERT_TRUE(entry);
  std::ofstream(*entry / "mark") << "damaged";
  ASSERT_TRUE(dropCacheEntry(*entry));
  EXPECT_FALSE(fs::exists(*entry));
  ASSERT_TRUE(cacheEntry(folder.path(), "image-1", writeMark));
  std::string mark;
  std::ifstream(*entry / "mark") >> mark;
  EXPECT_EQ(mark, "whole");
}

TEST(Cache, AFolderThatCannotBeMadeIsAnInputError) {
  const TemporaryFolder folder;
  const fs::path file = folder.write("file", "in the way");
  const auto entry = cacheEntry(file / "cache", "image-1", writeMark);
  ASSERT_FALSE(entry);
  EXPECT_EQ(entry.error().kind, ErrorKind::input);
}

TEST(Cache, IsListedWithSizesAndWithoutLocksAndHalves) {
  const TemporaryFolder folder;
  EXPECT_TRUE(listCache(folder.path() / "none").value().empty());
  ASSERT_TRUE(cacheEntry(folder.path(), "layer-dns-12", writeMark));
  ASSERT_TRUE(cacheEntry(folder.path(), "image-1", writeMark));
  fs::create_directory(folder.path() / "image-2.tmp");
  const auto entries = listCache(folder.path()).value();
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].name, "image-1");
  EXPECT_EQ(entries[1].name, "layer-dns-12");
  EXPECT_EQ(entries[1].kind(), "layer");
  EXPECT_EQ(entries[1].bytes, 5U);
}

TEST(Cache, IsPrunedOfWhatWasNotUsedOfTheKindsThatAreNamed) {
  const TemporaryFolder folder;
  for (const char *name : {"image-1", "image-2", "public-1"})
    ASSERT_TRUE(cacheEntry(folder.path(), name, writeMark));
  const auto now = std::chrono::system_clock::now();
  for (const char *old : {"image-1", "public-1"})
    fs::last_write_time(folder.path() / old, fs::file_time_type::clock::now() - std::chrono::days(20));
  EXPECT_EQ(pruneCache(folder.path(), {"image", "layer"}, now - std::chrono::days(14)).value(),
            std::vector<std::string>{"image-1"});
  EXPECT_FALSE(fs::exists(folder.path() / "image-1"));
  EXPECT_TRUE(fs::exists(folder.path() / "image-2"));
  EXPECT_TRUE(fs::exists(folder.path() / "public-1"));
}

} // namespace
} // namespace hotgate::harness
