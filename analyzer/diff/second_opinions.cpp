#include "analyzer/diff/second_opinions.h"

#include <tbb/parallel_for.h>

namespace hotgate::analyzer {

const SecondOpinion *SecondOpinions::of(FunctionIndex function) const {
  const auto found = disagreeing.find(function);
  return found == disagreeing.end() ? nullptr : &found->second;
}

std::set<FunctionIndex> changedInPre(const std::vector<FunctionDifference> &functions) {
  std::set<FunctionIndex> result;
  for (const FunctionDifference &difference : functions)
    if (difference.status == ChangeStatus::changed)
      result.insert(*difference.pre);
  return result;
}

std::set<FunctionIndex> changedInPost(const std::vector<FunctionDifference> &functions) {
  std::set<FunctionIndex> result;
  for (const FunctionDifference &difference : functions)
    if (difference.status == ChangeStatus::changed || difference.status == ChangeStatus::added)
      result.insert(*difference.post);
  return result;
}

Result<SecondReading> SecondReading::begin(Machine machine) {
  HOTGATE_TRY([[maybe_unused]] const SecondDecoder probe, SecondDecoder::create(machine));
  return SecondReading(machine);
}

SecondOpinions SecondReading::of(const Program &program, const std::set<FunctionIndex> &functions,
                                 const Budget &budget) {
  const std::vector<FunctionIndex> work(functions.begin(), functions.end());
  std::vector<std::optional<SecondOpinion>> opinions(work.size());
  constexpr size_t grain = 16;
  tbb::parallel_for(tbb::blocked_range<size_t>(0, work.size(), grain), [&](const tbb::blocked_range<size_t> &range) {
    SecondDecoder &decoder = decoders_.local();
    for (size_t i = range.begin(); i != range.end(); ++i)
      if (!budget.isSpent())
        opinions[i] = decoder.on(program, program.functions()[work[i]]);
  });
  SecondOpinions result;
  result.decoder = SecondDecoder::name();
  for (size_t i = 0; i < work.size(); ++i) {
    if (!opinions[i])
      continue;
    ++result.functions;
    result.instructions += opinions[i]->instructions;
    if (opinions[i]->disagrees())
      result.disagreeing.emplace(work[i], *std::move(opinions[i]));
  }
  if (result.functions != work.size())
    result.incomplete =
        fmt::format("{}: {} of {} changed bodies were not read by the second decoder: {}", program.image().moduleName(),
                    work.size() - result.functions, work.size(), budget.reason());
  return result;
}

Result<SecondOpinions> secondOpinions(const Program &program, const std::set<FunctionIndex> &functions,
                                      const Budget &budget) {
  HOTGATE_TRY(SecondReading reading, SecondReading::begin(program.image().machine()));
  return reading.of(program, functions, budget);
}

} // namespace hotgate::analyzer
