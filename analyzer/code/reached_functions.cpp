#include "analyzer/code/reached_functions.h"

namespace hotgate::analyzer {

namespace {

class ReachSearch {
public:
  explicit ReachSearch(const Program &program)
      : program_(program), functions_(program.functions().size(), false), data_(program.data().size(), false) {}

  std::vector<FunctionIndex> run(const std::vector<FunctionIndex> &from) {
    for (const FunctionIndex function : from)
      reachFunction(function);
    while (!pending_.empty()) {
      const FunctionIndex next = pending_.back();
      pending_.pop_back();
      for (const Reference &reference : program_.functions()[next].references)
        reachPlace(reference.target);
    }
    std::vector<FunctionIndex> reached;
    for (FunctionIndex i = 0; i < functions_.size(); ++i)
      if (functions_[i])
        reached.push_back(i);
    return reached;
  }

private:
  void reachFunction(FunctionIndex function) {
    if (functions_[function])
      return;
    functions_[function] = true;
    pending_.push_back(function);
  }

  void reachPlace(uint32_t rva) {
    std::vector<uint32_t> places{rva};
    while (!places.empty()) {
      const uint32_t place = places.back();
      places.pop_back();
      if (const auto function = program_.functionContaining(place))
        reachFunction(*function);
      else
        addPointers(place, places);
    }
  }

  void addPointers(uint32_t rva, std::vector<uint32_t> &places) {
    const auto datum = program_.datumContaining(rva);
    const Section *section = program_.image().sectionAt(rva);
    if (!datum || data_[*datum] || section == nullptr || section->isWritable())
      return;
    data_[*datum] = true;
    const Datum &constant = program_.data()[*datum];
    for (const BaseRelocation &relocation : program_.relocationsIn({constant.rva, constant.size}))
      if (const auto target = program_.image().pointerAt(relocation.rva))
        places.push_back(*target);
  }

  const Program &program_;
  std::vector<bool> functions_, data_; // reached
  std::vector<FunctionIndex> pending_;
};

} // namespace

std::vector<FunctionIndex> reachedFunctions(const Program &program, const std::vector<FunctionIndex> &from) {
  return ReachSearch(program).run(from);
}

} // namespace hotgate::analyzer
