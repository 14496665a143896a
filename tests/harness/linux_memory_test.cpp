// Reading /proc/PID/smaps_rollup of a guest.
#include "harness/guest/linux_memory.h"

#include <gtest/gtest.h>

namespace hotgate::harness {
namespace {

TEST(PrivateDirty, IsReadInBytes) {
  EXPECT_EQ(parsePrivateDirty("00400000-7fff ---p 00000000 00:00 0 [rollup]\nRss:   5000 kB\nShared_Dirty:   1 kB\n"
                              "Private_Dirty:      3484 kB\nReferenced: 9 kB\n"),
            3484 * 1024);
}

TEST(PrivateDirty, AnythingElseIsRefused) {
  for (const char *text : {"", "Private_Dirty: 4 kB\n", "\nPrivate_Dirty:\n", "\nPrivate_Dirty: kB\n",
                           "\nPrivate_Dirty: -4 kB\n", "\nPrivate_Dirty: 4 MB\n", "\nPrivate_Dirty: 4x kB\n",
                           "\nPrivate_Dirty: 99999999999999999999 kB\n", "\nPrivate_Dirty: 9223372036854775807 kB\n"})
    EXPECT_FALSE(parsePrivateDirty(text)) << text;
}

} // namespace
} // namespace hotgate::harness
