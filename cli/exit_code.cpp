#include "cli/exit_code.h"

namespace hotgate::cli {

ExitCode exitCodeOf(rules::VerdictKind verdict) {
  switch (verdict) {
  case rules::VerdictKind::approve:
    return ExitCode::approve;
  case rules::VerdictKind::review:
    return ExitCode::review;
  case rules::VerdictKind::block:
    return ExitCode::block;
  case rules::VerdictKind::incomplete:
    return ExitCode::incomplete;
  }
  return ExitCode::toolFault;
}

ExitCode exitCodeOf(ErrorKind error) {
  switch (error) {
  case ErrorKind::usage:
    return ExitCode::badUsage;
  case ErrorKind::input:
    return ExitCode::badInput;
  case ErrorKind::fault:
    return ExitCode::toolFault;
  }
  return ExitCode::toolFault;
}

} // namespace hotgate::cli
