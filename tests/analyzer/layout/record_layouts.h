// Where the members of every struct really lie, as the compiler that builds the image says it (-fdump-record-layouts):
// the ground truth that no part of the analyzer has touched.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

namespace hotgate::layout {

struct RecordLayout {
  uint64_t size = 0;                      // bytes
  std::map<std::string, uint64_t> places; // bits from the beginning, by path: "options.hostName.data"
  std::map<std::string, uint64_t> widths; // bits, of bit fields only
  bool operator==(const RecordLayout &) const = default;
};

using RecordLayouts = std::map<std::string, RecordLayout>; // by type

// Adds the types in a dump.
void readLayouts(const std::string &dump, RecordLayouts &layouts);

// Types that are in both and differ: the edited one, and those that embed it.
std::set<std::string> differingTypes(const RecordLayouts &pre, const RecordLayouts &post);

// Whether a member of the type lies at `pre` in the one layout and at `post` in the other; bytes inside of a member
// move with it.
bool explainsMove(const RecordLayout &pre, const RecordLayout &post, int64_t preOffset, int64_t postOffset);
// Whether the bits of this byte belong to a bit field that is elsewhere now, or wider.
bool explainsBits(const RecordLayout &pre, const RecordLayout &post, int64_t offset);
// Whether one number is so many elements of the type, give or take what else is counted, and the other as many new
// ones.
bool explainsSize(const RecordLayout &pre, const RecordLayout &post, int64_t preSize, int64_t postSize);

} // namespace hotgate::layout
