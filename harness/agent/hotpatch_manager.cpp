// Limits: *not run here*, wine has no NtManageHotPatch. Information classes and structures are those that third parties
// have published from symbols (analyzer/image/hotpatch_format.h names what is known of the format). Not published, so
// not relied on: which privileges LoadPatch wants, where the system puts the strings of QueryActivePatches (only such
// as lie in the buffer that we gave are read), and what the flags of CheckEnabled mean.
#include "harness/agent/hotpatch_manager.h"

#include "harness/agent/patch_image.h"
#include "harness/agent/process.h"

#include <array>
#include <cstring>

namespace hotgate::harness::agent {
namespace {

using nlohmann::json;

constexpr ULONG classLoadPatch = 0;
constexpr ULONG classQueryActivePatches = 6;
constexpr ULONG classCheckEnabled = 9;
constexpr ULONG structureVersion = 1; // of each structure below
constexpr LONG lengthMismatch = static_cast<LONG>(0xC0000004);
constexpr LONG bufferTooSmall = static_cast<LONG>(0xC0000023);
constexpr size_t mostPatches = 1024;

struct UnicodeString {
  USHORT length; // bytes
  USHORT maximumLength;
  wchar_t *buffer;
};
struct BaseInfo {
  ULONG checksum;
  ULONG timeDateStamp;
};
struct LoadPatch {
  ULONG version;
  UnicodeString path;
  std::array<uint8_t, 68> user; // a SID, for one user's patches; all zero: the system's
  BaseInfo base;
};
struct QueryActivePatches {
  ULONG version;
  HANDLE process;
  ULONG count;
  UnicodeString *paths;
  BaseInfo *bases;
  ULONG *sequences;
};
struct CheckEnabled {
  ULONG version;
  ULONG flags;
};
static_assert(sizeof(QueryActivePatches) == 0x30);

using Manage = LONG(WINAPI *)(ULONG, void *, ULONG, ULONG *);

Manage manageHotPatch() {
  return reinterpret_cast<Manage>(
      reinterpret_cast<void *>(GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "NtManageHotPatch")));
}

tl::unexpected<Refusal> notHere() {
  return refuse("NtManageHotPatch", "", "not here: this system's ntdll.dll does not have it",
                "use Windows Server 2022 Azure Edition or 2025; under wine, apply does the loader's work");
}

tl::unexpected<Refusal> refusedBySystem(const char *what, LONG status) {
  return refuse("NtManageHotPatch", what, fmt::format("NTSTATUS 0x{:08X}", static_cast<uint32_t>(status)),
                "see that the machine passes preflight", static_cast<uint32_t>(status));
}

// Whether an array or text lies in the buffer that the system was given.
bool isInside(const std::vector<std::byte> &buffer, const void *begin, size_t size) {
  const auto *first = static_cast<const std::byte *>(begin);
  return first >= buffer.data() && first <= buffer.data() + buffer.size() &&
         size <= static_cast<size_t>(buffer.data() + buffer.size() - first);
}

Outcome<json> listed(const std::vector<std::byte> &buffer) {
  QueryActivePatches answer{};
  std::memcpy(&answer, buffer.data(), sizeof answer);
  const auto outside = [] {
    return refuse("NtManageHotPatch", "QueryActivePatches", "its answer leads outside of the buffer",
                  "this build lays the answer out in a way that is not known; report it");
  };
  json patches = json::array();
  if (answer.count > mostPatches ||
      (answer.count != 0 && (!isInside(buffer, answer.paths, answer.count * sizeof *answer.paths) ||
                             !isInside(buffer, answer.bases, answer.count * sizeof *answer.bases))))
    return outside();
  const bool hasSequences = isInside(buffer, answer.sequences, answer.count * sizeof *answer.sequences);
  for (ULONG index = 0; index < answer.count; ++index) {
    const UnicodeString &path = answer.paths[index];
    if (!isInside(buffer, path.buffer, path.length))
      return outside();
    patches.push_back({{"path", narrow({path.buffer, path.length / sizeof(wchar_t)})},
                       {"base_time_stamp", answer.bases[index].timeDateStamp},
                       {"base_checksum", answer.bases[index].checksum},
                       {"sequence", hasSequences ? json(answer.sequences[index]) : json(nullptr)}});
  }
  return json{{"patches", std::move(patches)}};
}

} // namespace

std::optional<HotPatchState> hotPatchSwitch() {
  const Manage manage = manageHotPatch();
  if (manage == nullptr)
    return std::nullopt;
  CheckEnabled check{structureVersion, 0};
  const LONG status = manage(classCheckEnabled, &check, sizeof check, nullptr);
  return HotPatchState{static_cast<uint32_t>(status), check.flags};
}

Outcome<json> activePatches(uint32_t pid) {
  const Manage manage = manageHotPatch();
  if (manage == nullptr)
    return notHere();
  AGENT_TRY(const Process process, Process::open(pid));
  for (size_t size = size_t{1} << 16U; size <= size_t{1} << 24U; size *= 4) {
    std::vector<std::byte> buffer(size);
    const QueryActivePatches query{structureVersion, process.handle(), 0, nullptr, nullptr, nullptr};
    std::memcpy(buffer.data(), &query, sizeof query);
    const LONG status = manage(classQueryActivePatches, buffer.data(), static_cast<ULONG>(size), nullptr);
    if (status == lengthMismatch || status == bufferTooSmall)
      continue;
    if (status < 0)
      return refusedBySystem("QueryActivePatches", status);
    return listed(buffer);
  }
  return refuse("NtManageHotPatch", "QueryActivePatches", "no buffer is large enough", "report this as a defect");
}

Outcome<json> loadPatch(const std::string &image) {
  const Manage manage = manageHotPatch();
  if (manage == nullptr)
    return notHere();
  AGENT_TRY(const PatchImage patch, PatchImage::load(image));
  std::wstring path = L"\\??\\" + wide(image); // the kernel's name of a drive's path
  const auto bytes = static_cast<USHORT>(path.size() * sizeof(wchar_t));
  LoadPatch load{
      structureVersion, {bytes, bytes, path.data()}, {}, {patch.metadata.baseChecksum, patch.metadata.baseTimestamp}};
  const LONG status = manage(classLoadPatch, &load, sizeof load, nullptr);
  if (status < 0)
    return refusedBySystem("LoadPatch", status);
  return json::object();
}

} // namespace hotgate::harness::agent
