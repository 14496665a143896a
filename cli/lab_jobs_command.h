// hotgate lab run: the dynamic half of one KB (KB.yaml), or of many as jobs (LAB.yaml, docs/lab-jobs.md).
#pragma once

#include "cli/exit_code.h"
#include "cli/gate_command.h"

namespace hotgate::cli {

struct LabRunOptions {
  GateOptions gate;          // `kb` is KB.yaml or LAB.yaml
  std::optional<int> guests; // at once; else by memory and cores
  int keep = 8;              // failing guests in the folder at most
  bool quiet = false;
};

// The exit code is the worst verdict's of all jobs; when an input of a job cannot be used, that error's.
Result<ExitCode> labRunCommand(const LabRunOptions &options);

// hotgate lab job: one attempt of one job, in a process of its own. Not for people: LAB.yaml's command starts it.
struct LabJobOptions {
  GateOptions gate;             // `out` is not read
  std::filesystem::path folder; // the job's
  size_t attempt = 1;
  std::string input; // hash
  int reports = -1;  // descriptor for its steps, a line each
};
Result<ExitCode> labJobCommand(const LabJobOptions &options);

} // namespace hotgate::cli
