#include "harness/guest/windows/preflight.h"

namespace hotgate::harness {
namespace {

constexpr int64_t build2022 = 20348;
constexpr int64_t build2025 = 26100;
constexpr int64_t leastRevision2025 = 1742;
constexpr int64_t tableSize = 0x1000; // a page of thunks and a page of slots behind each image
// GetProductInfo: Datacenter Azure Edition, and its Server Core.
constexpr int64_t azureEdition = 0x197;
constexpr int64_t azureEditionCore = 0x198;

class Examination {
public:
  explicit Examination(const MachineReport &report) : report_(report) {}

  void release(WindowsRelease wanted) {
    if (wanted == WindowsRelease::server2022) {
      require(report_.build == build2022,
              fmt::format("its build is {}, and Windows Server 2022 is {}", report_.build, build2022),
              "use a machine with Windows Server 2022, or write release: 2025");
      require(report_.product == azureEdition || report_.product == azureEditionCore,
              fmt::format("its edition (product {:#x}) is not Datacenter: Azure Edition", report_.product),
              "install Windows Server 2022 Datacenter: Azure Edition; no other 2022 gets hotpatches");
      return;
    }
    require(report_.build == build2025,
            fmt::format("its build is {}, and Windows Server 2025 is {}", report_.build, build2025),
            "use a machine with Windows Server 2025, or write release: 2022");
    require(report_.build != build2025 || report_.revision >= leastRevision2025,
            fmt::format("its build {}.{} is older than {}.{}", report_.build, report_.revision, build2025,
                        leastRevision2025),
            "install the cumulative update of October 2024 or a later one");
  }
  void isolation() {
    require(report_.vbsRunning.value_or(false),
            report_.vbsRunning ? "virtualization-based security does not run"
                               : "it does not say whether virtualization-based security runs",
            "set EnableVirtualizationBasedSecurity to 1 under HKLM\\SYSTEM\\CurrentControlSet\\Control\\DeviceGuard, "
            "give a "
            "virtual machine UEFI with Secure Boot and nested virtualization, and restart");
  }
  void memoryManager() {
    require(report_.hotPatchTableSize == tableSize,
            report_.hotPatchTableSize ? fmt::format("HotPatchTableSize is {:#x}", *report_.hotPatchTableSize)
                                      : "HotPatchTableSize is not set",
            "set HotPatchTableSize to 0x1000 under HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Memory "
            "Management, and restart");
    require(report_.architecture != "arm64" || report_.hotPatchRestrictions == 1,
            "HotPatchRestrictions is not 1 on an Arm64 machine",
            "set HotPatchRestrictions to 1 beside HotPatchTableSize (it turns CHPE off), and restart");
    require(report_.hotPatchSwitch && report_.hotPatchSwitch->status == 0,
            report_.hotPatchSwitch
                ? fmt::format("NtManageHotPatch answers CheckEnabled with 0x{:08X}", report_.hotPatchSwitch->status)
                : "it has no NtManageHotPatch",
            "see that the items above are in force: each needs a restart");
  }
  void servicing() {
    require(
        report_.enrolment.has_value(),
        "it is not enrolled: no key Hotpatch.* under HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Update\\"
        "TargetingInfo\\DynamicInstalled",
        report_.build == build2025 ? "enrol it with Azure Arc, and let it scan once"
                                   : "turn hotpatching on for the virtual machine, and let it scan once");
    std::string who;
    for (const std::string &reason : report_.pendingRestart)
      who += (who.empty() ? "" : ", ") + reason;
    require(who.empty(), "a restart is pending: " + who, "restart it, and take the snapshot after that");
  }
  std::vector<PreflightProblem> take() { return std::move(problems_); }

private:
  void require(bool isGood, std::string what, std::string next) {
    if (!isGood)
      problems_.push_back({std::move(what), std::move(next)});
  }

  const MachineReport &report_;
  std::vector<PreflightProblem> problems_;
};

} // namespace

std::string_view releaseName(WindowsRelease release) { return release == WindowsRelease::server2022 ? "2022" : "2025"; }

std::vector<PreflightProblem> preflightProblems(const MachineReport &report, WindowsRelease release) {
  if (!report.wine.empty())
    return {{fmt::format("it is wine {}, which services no packages", report.wine),
             "use a machine with Windows Server, or leave the section windows out"}};
  Examination examination(report);
  examination.release(release);
  examination.isolation();
  examination.memoryManager();
  examination.servicing();
  return examination.take();
}

Result<> checkPreflight(const MachineReport &report, WindowsRelease release) {
  std::string what;
  std::string next;
  for (const PreflightProblem &problem : preflightProblems(report, release)) {
    what += (what.empty() ? "" : "; ") + problem.what;
    next += (next.empty() ? "" : "; ") + problem.next;
  }
  if (what.empty())
    return {};
  return failFault("Windows machine", "pre-flight", std::move(what), std::move(next));
}

} // namespace hotgate::harness
