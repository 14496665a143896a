// hotgate gate, check and lab run: the whole way, its static half, its dynamic half.
//
// Facts are kept in memory and written into the output folder together with the verdict and the reports once they are
// complete, so an interrupted or refused run leaves no result that could be mistaken for one. Results of an earlier
// run are removed first.
#pragma once

#include "cli/exit_code.h"
#include "harness/lab/guest_keeper.h"
#include "harness/lab/lab_config.h"
#include "support/budget.h"
#include "support/log.h"
#include "support/result.h"

#include <filesystem>
#include <functional>
#include <optional>

namespace hotgate::cli {

struct GateOptions {
  enum class Parts { whole, staticHalf, dynamicHalf };

  std::filesystem::path kb; // KB.yaml
  std::filesystem::path out;
  std::optional<std::filesystem::path> rules; // else the installed catalogue
  Parts parts = Parts::whole;
  std::optional<harness::Provider> provider;                      // else lab.yaml's
  std::optional<std::string> onlyRole;                            // of the KB's
  std::optional<std::filesystem::path> quarantine;                // list of flaky exchanges
  bool keepGuest = false;                                         // a failing one, in `out`/guest-ROLE
  harness::GuestKeeper *keeper = nullptr;                         // that does it, when another thread may ask, too
  bool keepMemoryDump = false;                                    // of it, too
  std::function<void(std::string_view)> progress = log::progress; // "KB5099001: lab dhcp: control: smoke"
  BudgetLimits budget;                                            // of each module
};

// The exit code is the verdict's.
Result<ExitCode> gateCommand(const GateOptions &options);

} // namespace hotgate::cli
