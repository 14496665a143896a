// Limits: at most 64 reasons for a pending restart.
#include "harness/guest/windows/machine_report.h"

#include "harness/guest/reply_reader.h"
#include "harness/vm/channel.h"

namespace hotgate::harness {
namespace {

constexpr const char *command = "preflight";
constexpr size_t textLimit = 120;
constexpr size_t mostReasons = 64;

uint32_t number32(ReplyReader &reader, const char *name) {
  const uint64_t value = reader.address(name);
  if (value > UINT32_MAX)
    reader.refuse(fmt::format("the member \"{}\" of its answer has more than 32 bits", name));
  return static_cast<uint32_t>(value);
}

Result<std::optional<Enrolment>> enrolmentOf(const nlohmann::json *value) {
  if (value == nullptr)
    return std::nullopt;
  ReplyReader reader(command, *value);
  Enrolment enrolment{printable(reader.text("name"), textLimit), printable(reader.text("version"), textLimit)};
  return reader.finish(std::optional(std::move(enrolment)));
}

Result<std::optional<HotPatchSwitch>> switchOf(const nlohmann::json *value) {
  if (value == nullptr)
    return std::nullopt;
  ReplyReader reader(command, *value);
  const HotPatchSwitch found{number32(reader, "status"), number32(reader, "flags")};
  return reader.finish(std::optional(found));
}

// nullptr where the machine says null.
const nlohmann::json *objectOrNull(ReplyReader &reader, const char *name) {
  return reader.isNull(name) ? nullptr : reader.find(name, &nlohmann::json::is_object);
}

} // namespace

Result<MachineReport> parseMachineReport(const nlohmann::json &reply) {
  ReplyReader reader(command, reply);
  MachineReport report;
  if (!reader.isNull("wine"))
    report.wine = printable(reader.text("wine"), textLimit);
  report.architecture = printable(reader.text("architecture"), textLimit);
  report.build = reader.integer("build");
  report.revision = reader.integer("revision");
  report.product = reader.integer("product");
  if (!reader.isNull("vbs_running"))
    report.vbsRunning = reader.boolean("vbs_running");
  report.hotPatchTableSize = reader.integerOrNull("hot_patch_table_size");
  report.hotPatchRestrictions = reader.integerOrNull("hot_patch_restrictions");
  report.bootTime = reader.integer("boot_time");
  const nlohmann::json *reasons = reader.find("pending_restart", &nlohmann::json::is_array);
  if (reasons != nullptr && reasons->size() > mostReasons)
    reader.refuse(fmt::format("names {} reasons for a restart, more than {}", reasons->size(), mostReasons));
  else if (reasons != nullptr)
    for (const nlohmann::json &reason : *reasons) {
      if (!reason.is_string())
        reader.refuse("a reason for a restart is no text");
      else
        report.pendingRestart.push_back(printable(reason.get<std::string>(), textLimit));
    }
  const nlohmann::json *enrolment = objectOrNull(reader, "enrolment");
  const nlohmann::json *hotPatchSwitch = objectOrNull(reader, "hot_patch_switch");
  HOTGATE_TRY(report, reader.finish(std::move(report)));
  HOTGATE_TRY(report.enrolment, enrolmentOf(enrolment));
  HOTGATE_TRY(report.hotPatchSwitch, switchOf(hotPatchSwitch));
  return report;
}

} // namespace hotgate::harness
