// All jobs of a run at the end, by name: for people, and as JSON. Times are in a text of their own, since they differ
// from run to run and results must not.
#pragma once

#include "harness/jobs/job_scheduler.h"

namespace hotgate::harness {

std::string summaryText(const std::vector<JobOutcome> &outcomes);
std::string summaryJson(const std::vector<JobOutcome> &outcomes);
std::string timingsJson(const std::vector<JobOutcome> &outcomes);

} // namespace hotgate::harness
