// How the members of one object moved: old displacement to new one, gathered over functions that agree.
//
// A map is evidence of a changed layout only while it is a function and one to one: the displacement 0x48 cannot be
// 0x50 at one place and 0x48 at another of the same object. Members that were inserted, removed or widened keep the
// order of the rest, and from the first that moved on all move, or none any more (the padding took the new member
// up). Anything else is a reordering.
#pragma once

#include "analyzer/diff/layout_observations.h"
#include "support/budget.h"

#include <map>
#include <set>
#include <vector>

namespace hotgate::analyzer {

class DisplacementMap {
public:
  // False, and nothing is added, when the two contradict each other.
  bool add(int64_t pre, int64_t post);
  bool add(const DisplacementMap &other);

  [[nodiscard]] bool isShift() const; // members kept their order, and those that moved are neighbours
  [[nodiscard]] bool hasSwap() const; // two members have each other's places
  [[nodiscard]] bool sharesMove(const DisplacementMap &other) const;
  [[nodiscard]] bool swapsWith(const DisplacementMap &other) const;
  [[nodiscard]] bool sharesDelta(const DisplacementMap &other) const;
  // Displacements that did not move, behind the first that did.
  [[nodiscard]] size_t unmovedBehind() const;
  [[nodiscard]] const std::map<int64_t, int64_t> &all() const { return toPost_; }
  [[nodiscard]] const std::map<int64_t, int64_t> &moves() const { return moves_; } // displacements that are others now

private:
  std::map<int64_t, int64_t> toPost_;
  std::map<int64_t, int64_t> toPre_;
  std::map<int64_t, int64_t> moves_;
};

// Objects of several functions that are taken to be of one type.
struct ObjectCluster {
  DisplacementMap map;
  std::vector<DisplacementSite> sites; // of displacements that moved, or whose width changed
  std::set<FunctionIndex> functions;   // of the pre image, with such a site
  size_t contradictions = 0;           // displacements that moved at some sites and stayed at others
  std::set<FunctionIndex> whole;       // of the functions: those in which nothing else changed
};

// Only objects with a displacement that moved or a width that changed; most evidence first. A spent budget ends the
// search for objects that agree.
std::vector<ObjectCluster> clusterObjects(const std::vector<ObjectObservation> &objects, const Budget &budget);

} // namespace hotgate::analyzer
