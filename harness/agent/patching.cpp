#include "harness/agent/patching.h"

#include "analyzer/image/hotpatch_format.h"
#include "harness/agent/address_table.h"
#include "harness/agent/bounded_bytes.h"
#include "harness/agent/patch_image.h"
#include "harness/agent/protocol.h"
#include "harness/agent/redirect_scan.h"
#include "harness/agent/redirection.h"

#include <algorithm>
#include <cstring>

namespace hotgate::harness::agent {
namespace {

using hotpatch::CalloutStage;
using nlohmann::json;
namespace format = hotpatch::redirect64;

constexpr uint32_t calloutDeadlineMs = 10'000;

// A process and the module in it that a patch is about.
struct Target {
  Process process;
  Module module;
  ImageHeaders headers;

  static Outcome<Target> open(const PatchTarget &what) {
    AGENT_TRY(auto process, Process::open(what.pid));
    AGENT_TRY(auto module, process.module(what.module));
    AGENT_TRY(auto headers, moduleHeaders(RemoteMemory(process), module));
    return Target{std::move(process), std::move(module), std::move(headers)};
  }
};

// The module's bytes as if no hotpatch of ours were active: what a patch's expected bytes are about.
Outcome<std::vector<uint8_t>> baseBytes(const RemoteMemory &memory, const Module &module, const AddressTable *table,
                                        uint32_t rva, size_t size) {
  AGENT_TRY(auto bytes, memory.read(module.base + rva, size));
  if (!table)
    return bytes;
  for (const TableEntry &entry : table->entries()) {
    if (entry.isActive == 0)
      continue;
    for (size_t index = 0; index < entry.original.size(); ++index) {
      const int64_t at = int64_t{entry.function} - format::padding + static_cast<int64_t>(index) - int64_t{rva};
      if (at >= 0 && at < static_cast<int64_t>(size))
        bytes[static_cast<size_t>(at)] = entry.original[index];
    }
  }
  return bytes;
}

// Whether this function may be redirected, by the bytes that stand there.
Outcome<> checkFunction(const RemoteMemory &memory, const Module &module, const AddressTable *table,
                        const FunctionRecord &record) {
  const size_t size = format::padding + std::max<size_t>(2, record.expected.size());
  AGENT_TRY(const auto bytes, baseBytes(memory, module, table, record.function - format::padding, size));
  const auto padding = std::span(bytes).first(format::padding);
  const auto body = std::span(bytes).subspan(format::padding);
  const std::string place = fmt::format("function RVA {:#x}", record.function);
  if (body[0] == format::shortJumpOpcode && body[1] >= format::lowestRedirectDisplacement)
    return refuse(module.name, place,
                  fmt::format("it begins with {}: it is redirected or hooked already", hexadecimal(body.first(2))),
                  "find out what hooks the process", hotpatch::status::conflictingAddresses);
  if (!std::equal(record.expected.begin(), record.expected.end(), body.begin()))
    return refuse(module.name, place,
                  fmt::format("{} stands there and the patch expects {}",
                              hexadecimal(body.first(record.expected.size())), hexadecimal(record.expected)),
                  "find out what changed the function", hotpatch::status::conflictingAddresses);
  const auto isFiller = [](uint8_t byte) { return byte == format::fillerBreakpoint || byte == format::fillerNop; };
  if (!std::all_of(padding.begin(), padding.end(), isFiller))
    return refuse(module.name, place, fmt::format("the six bytes before it are {}, not filler", hexadecimal(padding)),
                  "link the base with /functionpadmin:6");
  return {};
}

// What our own record says of an active function must be what stands there.
Outcome<> checkActiveEntries(const RemoteMemory &memory, const Module &module, const AddressTable &table) {
  for (size_t index = 0; index < table.entries().size(); ++index) {
    const TableEntry &entry = table.entries()[index];
    if (entry.isActive == 0)
      continue;
    AGENT_TRY(const auto bytes, (memory.readValue<std::array<uint8_t, 7>>(module.base + entry.function - 5)));
    const auto displacement = *readAt<int32_t>(bytes, 1);
    const uint64_t end = module.base + entry.function + static_cast<uint64_t>(int64_t{displacement});
    if (bytes[0] != format::jumpOpcode || end != table.thunkAddress(index) || bytes[5] != format::entryJump[0] ||
        bytes[6] != format::entryJump[1])
      return refuse(module.name, fmt::format("function RVA {:#x}", entry.function),
                    fmt::format("it should be redirected, but {} stands there", hexadecimal(bytes)),
                    "undo the patch, or restart the service", hotpatch::status::patchConflict);
  }
  return {};
}

// The patch's own code is asked (stage 0) or told. nullopt: it agrees or there is none.
Outcome<std::optional<uint32_t>> callOut(RemoteCaller &caller, uint64_t patchAddress, uint32_t calloutRva,
                                         CalloutStage stage) {
  if (calloutRva == 0)
    return std::optional<uint32_t>();
  AGENT_TRY(const uint64_t result, caller.call(patchAddress + calloutRva,
                                               {static_cast<uint32_t>(stage), patchAddress, 0, 0}, calloutDeadlineMs));
  const auto status = static_cast<uint32_t>(result);
  return static_cast<int32_t>(status) < 0 ? std::optional(status) : std::nullopt;
}

// Stages 1 and 2: a failure ends the process, as the loader does; its code is in a state that nobody knows.
Outcome<> callOutOrEnd(RemoteCaller &caller, const Process &process, const AddressTable::ActivePatch &patch,
                       CalloutStage stage) {
  const auto failed = callOut(caller, patch.address, patch.calloutRva, stage);
  if (failed && !*failed)
    return {};
  const uint32_t status = failed ? **failed : hotpatch::status::patchConflict;
  TerminateProcess(process.handle(), status);
  return refuse(process.entity(), std::string(hotpatch::mainCalloutExport),
                fmt::format("stage {} failed{}; the process was ended", static_cast<uint32_t>(stage),
                            failed ? "" : ": " + failed.error().error.reason),
                "restart the service without this patch", status);
}

Outcome<uint32_t> calloutOf(const PatchImage &image) {
  const uint32_t rva = image.exportedRva(hotpatch::mainCalloutExport).value_or(0);
  if (rva != 0 && !image.headers.isExecutable(rva, uint64_t{rva} + 1))
    return refuse(image.name, std::string(hotpatch::mainCalloutExport), "it is not in an executable section",
                  "build the hotpatch image again", hotpatch::status::invalidImageFormat);
  return rva;
}

json describe(const std::vector<FoundRedirect> &found, const AddressTable::ActivePatch &patch) {
  json list = json::array();
  for (const FoundRedirect &redirect : found) {
    const bool patched = redirect.target >= patch.address && redirect.target - patch.address < patch.size;
    list.push_back({{"rva", redirect.function},
                    {"target", redirect.target},
                    {"target_rva", patched ? json(redirect.target - patch.address) : json(nullptr)},
                    {"thunk", redirect.thunk},
                    {"patched", patched}});
  }
  return list;
}

// Checks that need the process but change nothing in it.
Outcome<> checkApplicable(const PatchImage &image, const Target &target, const AddressTable *table) {
  const RemoteMemory memory(target.process);
  AGENT_CHECK(checkAgainstBase(image.name, image.metadata, target.module.name, target.headers));
  if (table && image.metadata.sequence <= table->active().sequence)
    return refuse(image.name, "INFO",
                  fmt::format("sequence number {} is not higher than the active {}", image.metadata.sequence,
                              table->active().sequence),
                  "apply a later patch, or undo the active one first");
  if (table)
    AGENT_CHECK(checkActiveEntries(memory, target.module, *table));
  for (const FunctionRecord &record : image.metadata.functions)
    AGENT_CHECK(checkFunction(memory, target.module, table, record));
  return {};
}

AddressTable::ActivePatch activePatch(const PatchImage &image, uint64_t address, uint32_t calloutRva) {
  AddressTable::ActivePatch patch;
  patch.address = address;
  patch.size = image.headers.sizeOfImage;
  patch.sequence = image.metadata.sequence;
  patch.canRollBack = image.metadata.canRollBack ? 1 : 0;
  patch.calloutRva = calloutRva;
  std::copy_n(image.name.begin(), std::min(image.name.size(), patch.image.size() - 1), patch.image.begin());
  return patch;
}

} // namespace

Outcome<json> applyPatch(const PatchTarget &what, const std::string &imagePath, uint32_t deadlineMs) {
  AGENT_TRY(const PatchImage image, PatchImage::load(imagePath));
  AGENT_TRY(const uint32_t calloutRva, calloutOf(image));
  AGENT_TRY(const Target target, Target::open(what));
  const RemoteMemory memory(target.process);
  AGENT_TRY(auto table, AddressTable::find(memory, target.module));
  AGENT_CHECK(checkApplicable(image, target, table ? &*table : nullptr));

  AGENT_TRY(auto caller, RemoteCaller::create(memory));
  AGENT_TRY(auto mapped, MappedPatch::map(image, memory, target.module, caller));
  const auto patch = activePatch(image, mapped.address(), calloutRva);
  const auto asked = callOut(caller, patch.address, calloutRva, CalloutStage::mayRefuse);
  if (!asked) {
    mapped.keep(); // it did not return: its thread is still inside
    return tl::unexpected(asked.error());
  }
  if (*asked)
    return refuse(image.name, std::string(hotpatch::mainCalloutExport), "the patch itself refused at stage 0",
                  "read what its callout checks", *asked);

  const bool isNewTable = !table;
  if (isNewTable) {
    AGENT_TRY(table, AddressTable::create(memory, target.module, image.metadata.functions.size()));
  }
  std::vector<Redirect> goal;
  goal.reserve(image.metadata.functions.size());
  for (const FunctionRecord &record : image.metadata.functions)
    goal.push_back({record.function, record.target});
  Redirection redirection(memory, target.module, caller, *table, deadlineMs);
  const auto result = redirection.moveTo(goal, mapped.address());
  if (redirection.wentLive() || result)
    mapped.keep();
  else if (isNewTable)
    table->free();
  if (!result)
    return tl::unexpected(result.error());
  AGENT_CHECK(table->setActive(patch));
  AGENT_CHECK(callOutOrEnd(caller, target.process, patch, CalloutStage::committed));
  AGENT_TRY(const auto found, scanRedirects(memory, target.module, target.headers));
  return json{{"sequence", patch.sequence},   {"module_base", target.module.base},
              {"patch_base", patch.address},  {"redirected", describe(found, patch)},
              {"restored", result->restored}, {"stopped_all_threads", result->stoppedAllThreads},
              {"retries", result->retries}};
}

Outcome<json> undoPatch(const PatchTarget &what, uint32_t deadlineMs) {
  AGENT_TRY(const Target target, Target::open(what));
  const RemoteMemory memory(target.process);
  AGENT_TRY(auto table, AddressTable::find(memory, target.module));
  const auto isActive = [](const TableEntry &entry) { return entry.isActive != 0; };
  if (!table ||
      (table->active().sequence == 0 && std::none_of(table->entries().begin(), table->entries().end(), isActive)))
    return refuse(target.process.entity(), target.module.name, "no hotpatch is active", "apply one first");
  const auto patch = table->active();
  if (patch.sequence != 0 && patch.canRollBack == 0)
    return refuse(target.process.entity(), target.module.name, "the active patch does not allow it (no CAN_ROLL_BACK)",
                  "restart the service");
  AGENT_TRY(auto caller, RemoteCaller::create(memory));
  Redirection redirection(memory, target.module, caller, *table, deadlineMs);
  AGENT_TRY(const auto result, redirection.moveTo({}, 0));
  AGENT_CHECK(table->setActive({}));
  AGENT_CHECK(callOutOrEnd(caller, target.process, patch, CalloutStage::undo));
  return json{{"sequence", patch.sequence}, {"restored", result.restored}};
}

Outcome<json> queryPatch(const PatchTarget &what) {
  AGENT_TRY(const Target target, Target::open(what));
  const RemoteMemory memory(target.process);
  AGENT_TRY(const auto table, AddressTable::find(memory, target.module));
  AGENT_TRY(const auto found, scanRedirects(memory, target.module, target.headers));
  const AddressTable::ActivePatch patch = table ? table->active() : AddressTable::ActivePatch();

  size_t recorded = 0;
  bool consistent = true;
  for (size_t index = 0; table && index < table->entries().size(); ++index) {
    const TableEntry &entry = table->entries()[index];
    if (entry.isActive == 0)
      continue;
    ++recorded;
    const auto at = std::find_if(found.begin(), found.end(),
                                 [&](const FoundRedirect &redirect) { return redirect.function == entry.function; });
    consistent = consistent && at != found.end() && at->thunk == table->thunkAddress(index) &&
                 at->target == patch.address + entry.target;
  }
  consistent = consistent && recorded == found.size();
  const std::string imageName(patch.image.data(), strnlen(patch.image.data(), patch.image.size()));
  return json{{"module_base", target.module.base},
              {"sequence", patch.sequence},
              {"patch_base", patch.sequence != 0 ? json(patch.address) : json(nullptr)},
              {"patch_image", patch.sequence != 0 ? json(imageName) : json(nullptr)},
              {"redirected", describe(found, patch)},
              {"consistent", consistent}};
}

Outcome<json> readPatch(const PatchTarget &what, uint32_t rva, uint32_t size) {
  AGENT_TRY(const Target target, Target::open(what));
  const RemoteMemory memory(target.process);
  AGENT_TRY(const auto table, AddressTable::find(memory, target.module));
  if (!table || table->active().sequence == 0)
    return refuse(target.process.entity(), target.module.name, "no hotpatch is active", "apply one first");
  const AddressTable::ActivePatch &patch = table->active();
  if (uint64_t{rva} + size > patch.size)
    return refuse(target.module.name, fmt::format("hotpatch RVA {:#x}", rva),
                  fmt::format("{} bytes there end outside the patch image", size));
  AGENT_TRY(const auto bytes, memory.read(patch.address + rva, size));
  return json{{"bytes", hexadecimal(bytes)}};
}

} // namespace hotgate::harness::agent
