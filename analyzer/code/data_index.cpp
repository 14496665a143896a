#include "analyzer/code/data_index.h"

#include "analyzer/code/run_time_types.h"

#include <algorithm>
#include <limits>
#include <tbb/enumerable_thread_specific.h>
#include <tbb/parallel_for.h>
#include <tbb/parallel_sort.h>

namespace hotgate::analyzer {

namespace {

class DataIndexer {
public:
  DataIndexer(const Image &image, const Symbols &symbols, const std::vector<Structure> &structures,
              const std::vector<Function> &functions)
      : image_(image), symbols_(symbols), functions_(functions) {
    for (const Structure &structure : structures)
      taken_.push_back({structure.rva, structure.size});
    for (const Function &function : functions) {
      taken_.push_back(function.body);
      taken_.insert(taken_.end(), function.fragments.begin(), function.fragments.end());
    }
    tbb::parallel_sort(taken_.begin(), taken_.end(), [](const auto &a, const auto &b) { return a.rva < b.rva; });
  }

  DataIndex run() {
    const std::vector<uint32_t> places = referencedPlaces();
    RunTimeTypes types = findRunTimeTypes(image_, places);
    addSymbols();
    addRunTimeTypes(types);
    const auto named = static_cast<std::ptrdiff_t>(data_.size());
    addPlaces(places);
    addUnreferenced();
    std::sort(data_.begin() + named, data_.end(), [](const Datum &a, const Datum &b) { return a.rva < b.rva; });
    std::inplace_merge(data_.begin(), data_.begin() + named, data_.end(),
                       [](const Datum &a, const Datum &b) { return a.rva < b.rva; });
    for (size_t i = 0; i < data_.size(); ++i)
      bound(data_[i], i + 1 < data_.size() ? data_[i + 1].rva : std::numeric_limits<uint32_t>::max());
    markReferenced(places);
    return {std::move(data_), std::move(types.imageRelativeFields)};
  }

private:
  bool isData(uint32_t rva) const {
    const auto next = std::upper_bound(taken_.begin(), taken_.end(), rva,
                                       [](uint32_t address, const CodeRange &range) { return address < range.rva; });
    return image_.sectionAt(rva) != nullptr && (next == taken_.begin() || !std::prev(next)->contains(rva));
  }

  void addSymbols() {
    for (const DataSymbol &symbol : symbols_.data)
      if ((data_.empty() || data_.back().rva != symbol.rva) && isData(symbol.rva))
        data_.push_back({symbol.rva, symbol.size, symbol.name, symbol.typeName, symbol.object, symbol.size != 0, false,
                         symbol.isThreadLocal});
  }

  // Where symbols name it, they are as good.
  void addRunTimeTypes(const RunTimeTypes &types) {
    const auto named = static_cast<std::ptrdiff_t>(data_.size());
    for (const RunTimeTypes::Part &part : types.parts) {
      const auto next = std::upper_bound(data_.begin(), data_.begin() + named, part.rva,
                                         [](uint32_t rva, const Datum &datum) { return rva < datum.rva; });
      const bool isNamed = next != data_.begin() && (std::prev(next)->rva == part.rva ||
                                                     part.rva - std::prev(next)->rva < std::prev(next)->size);
      if (!isNamed && isData(part.rva))
        data_.push_back({part.rva, part.size, part.name, {}, {}, true});
    }
    std::inplace_merge(data_.begin(), data_.begin() + named, data_.end(),
                       [](const Datum &a, const Datum &b) { return a.rva < b.rva; });
  }

  // Sorted and unique.
  std::vector<uint32_t> referencedPlaces() const {
    tbb::enumerable_thread_specific<std::vector<uint32_t>> found;
    tbb::parallel_for(tbb::blocked_range<size_t>(0, functions_.size(), 512),
                      [&](const tbb::blocked_range<size_t> &range) {
                        auto &mine = found.local();
                        for (size_t i = range.begin(); i != range.end(); ++i)
                          for (const Reference &reference : functions_[i].references)
                            if (reference.kind != ReferenceKind::branch && reference.kind != ReferenceKind::call)
                              mine.push_back(reference.target);
                      });
    std::vector<uint32_t> places;
    for (const auto &some : found)
      places.insert(places.end(), some.begin(), some.end());
    for (const BaseRelocation &relocation : image_.relocations())
      if (const auto target = image_.pointerAt(relocation.rva))
        places.push_back(*target);
    tbb::parallel_sort(places.begin(), places.end());
    places.erase(std::unique(places.begin(), places.end()), places.end());
    return places;
  }

  void addPlaces(const std::vector<uint32_t> &places) {
    const size_t named = data_.size();
    size_t next = 0; // first named datum behind the place
    for (const uint32_t place : places) {
      while (next < named && data_[next].rva <= place)
        ++next;
      const Datum *before = next == 0 ? nullptr : &data_[next - 1];
      const bool insideNamed =
          before != nullptr && (before->rva == place || (before->sized && place - before->rva < before->size));
      if (!insideNamed && isData(place))
        data_.push_back({place, 0, {}, {}, {}, false});
    }
  }

  // Bytes behind a function, structure or variable, or at a section's beginning, that nothing refers to: a datum too,
  // so that a change of it has an owner: the run-time's initialisers stand between `__xc_a` and `__xc_z`, without
  // names. Filler is left to be filler, and bytes in code sections may be anything.
  void addUnreferenced() {
    const auto known = static_cast<std::ptrdiff_t>(data_.size());
    std::vector<uint32_t> begins;
    for (const Datum &datum : data_)
      begins.push_back(datum.rva);
    std::sort(begins.begin(), begins.end());
    const auto addAt = [&](uint32_t rva, const Section &section) {
      const auto bytes = image_.bytesFrom(rva);
      if (section.isExecutable() || bytes.empty() || !isData(rva))
        return;
      const auto next = std::upper_bound(begins.begin(), begins.end(), rva);
      const auto taken = std::upper_bound(taken_.begin(), taken_.end(), rva,
                                          [](uint32_t address, const CodeRange &range) { return address < range.rva; });
      uint64_t end = uint64_t{rva} + bytes.size();
      if (next != begins.end())
        end = std::min<uint64_t>(end, *next);
      if (taken != taken_.end())
        end = std::min<uint64_t>(end, taken->rva);
      const auto mine = bytes.first(end - rva);
      const bool isKnown = next != begins.begin() && *std::prev(next) == rva;
      if (!isKnown && std::any_of(mine.begin(), mine.end(), [](uint8_t byte) { return byte != 0; }))
        data_.push_back({rva, 0, {}, {}, {}, false});
    };
    for (const Section &section : image_.sections())
      addAt(section.rva, section);
    for (const CodeRange &range : taken_)
      if (const Section *section = image_.sectionAt(range.end()))
        addAt(range.end(), *section);
    for (std::ptrdiff_t i = 0; i < known; ++i) {
      const uint32_t end = data_[i].rva + data_[i].size;
      if (const Section *section = data_[i].sized && end >= data_[i].rva ? image_.sectionAt(end) : nullptr)
        addAt(end, *section);
    }
    std::sort(data_.begin() + known, data_.end(), [](const Datum &a, const Datum &b) { return a.rva < b.rva; });
    data_.erase(
        std::unique(data_.begin() + known, data_.end(), [](const Datum &a, const Datum &b) { return a.rva == b.rva; }),
        data_.end());
  }

  void bound(Datum &datum, uint32_t next) const {
    const Section *section = image_.sectionAt(datum.rva);
    uint64_t end = std::min<uint64_t>(next, uint64_t{section->rva} + section->extent());
    const auto taken = std::upper_bound(taken_.begin(), taken_.end(), datum.rva,
                                        [](uint32_t rva, const CodeRange &range) { return rva < range.rva; });
    if (taken != taken_.end())
      end = std::min<uint64_t>(end, taken->rva);
    const uint64_t room = end - datum.rva;
    datum.size = static_cast<uint32_t>(datum.sized ? std::min<uint64_t>(datum.size, room) : room);
  }

  void markReferenced(const std::vector<uint32_t> &places) {
    auto place = places.begin();
    for (Datum &datum : data_) {
      while (place != places.end() && *place < datum.rva)
        ++place;
      datum.isReferenced = place != places.end() && *place - datum.rva < std::max(datum.size, 1U);
    }
  }

  const Image &image_;
  const Symbols &symbols_;
  const std::vector<Function> &functions_;
  std::vector<CodeRange> taken_; // by RVA
  std::vector<Datum> data_;
};

} // namespace

DataIndex indexData(const Image &image, const Symbols &symbols, const std::vector<Structure> &structures,
                    const std::vector<Function> &functions) {
  return DataIndexer(image, symbols, structures, functions).run();
}

} // namespace hotgate::analyzer
