#include "analyzer/diff/displacement_shift.h"

#include <algorithm>

namespace hotgate::analyzer {

bool DisplacementMap::add(int64_t pre, int64_t post) {
  const auto [forward, isNew] = toPost_.try_emplace(pre, post);
  if (!isNew)
    return forward->second == post;
  if (!toPre_.try_emplace(post, pre).second) {
    toPost_.erase(forward);
    return false;
  }
  if (pre != post)
    moves_.emplace(pre, post);
  return true;
}

bool DisplacementMap::add(const DisplacementMap &other) {
  for (const auto &[pre, post] : other.toPost_) {
    const auto mine = toPost_.find(pre);
    const auto back = toPre_.find(post);
    if ((mine != toPost_.end() && mine->second != post) || (back != toPre_.end() && back->second != pre))
      return false;
  }
  for (const auto &[pre, post] : other.toPost_)
    add(pre, post);
  return true;
}

bool DisplacementMap::isShift() const {
  if (!std::ranges::is_sorted(toPost_, {}, [](const auto &entry) { return entry.second; }))
    return false;
  bool isBehind = false; // the displacements that moved
  bool hasMoved = false;
  for (const auto &[pre, post] : toPost_) {
    if (isBehind && pre != post)
      return false;
    isBehind = hasMoved && pre == post;
    hasMoved = hasMoved || pre != post;
  }
  return true;
}

bool DisplacementMap::swapsWith(const DisplacementMap &other) const {
  return std::ranges::any_of(other.moves_, [&](const auto &move) {
    const auto back = moves_.find(move.second);
    return back != moves_.end() && back->second == move.first;
  });
}

bool DisplacementMap::hasSwap() const { return swapsWith(*this); }

bool DisplacementMap::sharesMove(const DisplacementMap &other) const {
  return std::ranges::any_of(other.moves_, [&](const auto &move) {
    const auto mine = moves_.find(move.first);
    return mine != moves_.end() && mine->second == move.second;
  });
}

bool DisplacementMap::sharesDelta(const DisplacementMap &other) const {
  std::set<int64_t> deltas;
  for (const auto &[pre, post] : moves_)
    deltas.insert(post - pre);
  return std::ranges::any_of(other.moves_, [&](const auto &move) { return deltas.contains(move.second - move.first); });
}

size_t DisplacementMap::unmovedBehind() const {
  if (moves_.empty())
    return 0;
  size_t count = 0;
  for (auto entry = toPost_.upper_bound(moves_.begin()->first); entry != toPost_.end(); ++entry)
    count += entry->first == entry->second ? 1 : 0;
  return count;
}

namespace {

// Those with most evidence; an image that was made to be hard has any number of objects.
constexpr size_t mostClusters = 4096;

bool isWider(const DisplacementSite &site) {
  return site.preWidth != site.postWidth && site.preWidth != 0 && site.postWidth != 0;
}

bool isEvidence(const DisplacementSite &site) { return site.pre != site.post || isWider(site); }

ObjectCluster clusterOf(const ObjectObservation &object) {
  ObjectCluster cluster;
  std::map<int64_t, std::set<int64_t>> seen; // what each displacement became
  for (const DisplacementSite &site : object.sites)
    seen[site.pre].insert(site.post);
  std::set<int64_t> contradicted;
  for (const auto &[pre, posts] : seen)
    if (posts.size() > 1 || !cluster.map.add(pre, *posts.begin()))
      contradicted.insert(pre);
  cluster.contradictions = contradicted.size();
  for (const DisplacementSite &site : object.sites)
    if (isEvidence(site) && !contradicted.contains(site.pre))
      cluster.sites.push_back(site);
  if (!cluster.sites.empty())
    cluster.functions.insert(object.function);
  if (object.isWhole)
    cluster.whole = cluster.functions;
  return cluster;
}

// The surest first: equal moves; then two members that have each other's places; then only the distance of a move.
enum class Likeness : uint8_t { move, swap, delta };

bool areAlike(const DisplacementMap &left, const DisplacementMap &right, Likeness likeness) {
  switch (likeness) {
  case Likeness::move:
    return left.sharesMove(right);
  case Likeness::swap:
    return left.swapsWith(right);
  case Likeness::delta:
    return left.isShift() && right.isShift() && left.sharesDelta(right);
  }
  return false;
}

bool join(ObjectCluster &into, const ObjectCluster &from, Likeness likeness) {
  if (!areAlike(into.map, from.map, likeness))
    return false;
  DisplacementMap both = into.map;
  if (!both.add(from.map))
    return false;
  if (likeness != Likeness::swap && both.isShift() != (into.map.isShift() && from.map.isShift()))
    return false; // two shifts that are no shift together are of two types
  into.map = std::move(both);
  into.sites.insert(into.sites.end(), from.sites.begin(), from.sites.end());
  into.functions.insert(from.functions.begin(), from.functions.end());
  into.contradictions += from.contradictions;
  into.whole.insert(from.whole.begin(), from.whole.end());
  return true;
}

// Strongest first; each joins the first that it agrees with.
std::vector<ObjectCluster> joined(std::vector<ObjectCluster> clusters, Likeness likeness, const Budget &budget) {
  std::ranges::stable_sort(clusters, std::greater<>(), [](const ObjectCluster &cluster) {
    return std::pair(cluster.map.moves().size(), cluster.sites.size());
  });
  std::vector<ObjectCluster> result;
  for (ObjectCluster &cluster : clusters)
    if (budget.isSpent() ||
        !std::ranges::any_of(result, [&](ObjectCluster &other) { return join(other, cluster, likeness); }))
      result.push_back(std::move(cluster));
  return result;
}

} // namespace

std::vector<ObjectCluster> clusterObjects(const std::vector<ObjectObservation> &objects, const Budget &budget) {
  std::vector<ObjectCluster> clusters;
  for (const ObjectObservation &object : objects)
    if (std::ranges::any_of(object.sites, isEvidence))
      if (ObjectCluster cluster = clusterOf(object); !cluster.sites.empty())
        clusters.push_back(std::move(cluster));
  std::ranges::stable_sort(clusters, std::greater<>(),
                           [](const ObjectCluster &cluster) { return cluster.sites.size(); });
  if (clusters.size() > mostClusters)
    clusters.erase(clusters.begin() + mostClusters, clusters.end());
  for (const Likeness likeness : {Likeness::move, Likeness::swap, Likeness::delta})
    clusters = joined(std::move(clusters), likeness, budget);
  return clusters;
}

} // namespace hotgate::analyzer
