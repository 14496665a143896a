// What each step of a run came to: its row in the facts, and whether the run goes on. Before the patch a step that
// fails is a fault of the lab; behind it, it is recorded and the run goes on, to gather evidence.
#pragma once

#include "harness/lab/lab_records.h"

namespace hotgate::harness {

enum class Flow : uint8_t { goOn, stop };

// HOTGATE_STEP(smoke(phase)); leaves the caller when the run ends here or the facts cannot be written.
#define HOTGATE_STEP(expression) \
  do { \
    HOTGATE_TRY(const Flow hotgateFlow, expression); \
    if (hotgateFlow == Flow::stop) \
      return Flow::stop; \
  } while (false)

class RunJournal {
public:
  using Progress = std::function<void(std::string_view)>;
  // `deadline`: of the role's answers.
  RunJournal(LabRecords &records, std::chrono::milliseconds deadline, const Progress &progress)
      : records_(records), deadline_(deadline), progress_(progress) {}

  // For what is more than a step's outcome.
  LabRecords &records() { return records_; }

  void announce(Phase phase, Step step, const std::string &detail = {});
  // The row of a step that ran; `failure` is "" when it went well, and before the patch a lab fault.
  Result<Flow> conclude(Phase phase, Step step, const std::string &success, const std::string &failure);
  // The run ends. An error of another kind than `fault` is handed on.
  Result<Flow> labFault(Phase phase, Step step, const Error &error);
  // The rows of a step's probe. `labFault` is why the lab is to blame for them, as the probe says; "" when it is not.
  Result<Flow> probes(Phase phase, Step step, const ExchangeTallies &tallies, const std::string &labFault = {});
  // The end of the run, whatever it was.
  Result<> finish(std::string_view accelerator);

private:
  LabRecords &records_;
  std::chrono::milliseconds deadline_;
  const Progress &progress_;
  std::optional<std::string> labFault_;
};

} // namespace hotgate::harness
