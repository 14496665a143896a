#include "cli/installation.h"

namespace hotgate::cli {

Result<Installation> findInstallation() {
  std::error_code error;
  const std::filesystem::path executable = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::filesystem::path share = executable.parent_path().parent_path() / "share" / "hotgate";
  if (error || !std::filesystem::is_directory(share, error))
    return failFault(share.string(), "", "the folder with rules and roles is missing beside the program",
                     "build or install Hotgate as a whole");
  return Installation{share / "rules", share / "roles", share / "agent" / "hotgate-agent.exe",
                      executable.parent_path() / "hotgate-tap", executable.parent_path() / "hotgate-client"};
}

} // namespace hotgate::cli
