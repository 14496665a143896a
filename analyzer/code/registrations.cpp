#include "analyzer/code/registrations.h"

#include "analyzer/code/import_calls.h"

#include <algorithm>
#include <llvm/BinaryFormat/COFF.h>
#include <llvm/Object/COFF.h>
#include <optional>
#include <tuple>

namespace hotgate::analyzer {

namespace {

struct Api {
  std::string_view name; // also with A, W or Ex behind it
  RegisteredAs as;
};
constexpr Api apis[] = {
    {"CreateThread", RegisteredAs::thread},
    {"CreateRemoteThread", RegisteredAs::thread},
    {"_beginthread", RegisteredAs::thread},
    {"_beginthreadex", RegisteredAs::thread},
    {"RtlCreateUserThread", RegisteredAs::thread},
    {"StartServiceCtrlDispatcher", RegisteredAs::serviceMain},
    {"InitOnceExecuteOnce", RegisteredAs::once},
    {"RtlRunOnceExecuteOnce", RegisteredAs::once},
    {"_initterm", RegisteredAs::initializer},
    {"_initterm_e", RegisteredAs::initializer},
    {"RegisterServiceCtrlHandler", RegisteredAs::callback},
    {"RegisterWaitForSingleObject", RegisteredAs::callback},
    {"CreateTimerQueueTimer", RegisteredAs::callback},
    {"CreateThreadpoolWork", RegisteredAs::callback},
    {"CreateThreadpoolTimer", RegisteredAs::callback},
    {"CreateThreadpoolWait", RegisteredAs::callback},
    {"CreateThreadpoolIo", RegisteredAs::callback},
    {"TrySubmitThreadpoolCallback", RegisteredAs::callback},
    {"QueueUserWorkItem", RegisteredAs::callback},
    {"QueueUserAPC", RegisteredAs::callback},
    {"SetTimer", RegisteredAs::callback},
    {"SetWindowsHook", RegisteredAs::callback},
    {"SetConsoleCtrlHandler", RegisteredAs::callback},
    {"SetUnhandledExceptionFilter", RegisteredAs::callback},
    {"AddVectoredExceptionHandler", RegisteredAs::callback},
};

const Api *apiNamed(std::string_view name) {
  const auto found = std::ranges::find_if(apis, [name](const Api &api) {
    if (!name.starts_with(api.name))
      return false;
    const std::string_view rest = name.substr(api.name.size());
    return rest.empty() || rest == "A" || rest == "W" || rest == "Ex" || rest == "ExA" || rest == "ExW";
  });
  return found == std::end(apis) ? nullptr : &*found;
}

// One call of a function's, with the addresses that were loaded since the call before.
struct CallWithAddresses {
  uint32_t site = 0;
  const Api *api = nullptr;
  std::vector<FunctionIndex> functions;
  std::vector<uint32_t> data; // RVAs
};

class RegistrationSearch {
public:
  explicit RegistrationSearch(const Program &program) : program_(program), registrars_(program.functions().size()) {}

  std::vector<Registration> run() {
    findRegistrars();
    for (FunctionIndex i = 0; i < program_.functions().size(); ++i)
      for (const CallWithAddresses &call : callsOf(i))
        if (call.api != nullptr)
          addArguments(call);
    addTlsCallbacks();
    addDllEntry();
    const auto key = [](const Registration &r) { return std::tuple(r.function, r.site, r.as); };
    std::ranges::sort(found_, {}, key);
    const auto doubles = std::ranges::unique(found_, {}, key);
    found_.erase(doubles.begin(), doubles.end());
    return std::move(found_);
  }

private:
  // A function that calls such an API without an address of its own hands on what it was given.
  void findRegistrars() {
    constexpr int mostLevels = 4;
    bool isNew = true;
    for (int level = 0; isNew && level < mostLevels; ++level) {
      isNew = false;
      for (FunctionIndex i = 0; i < program_.functions().size(); ++i)
        if (registrars_[i] == nullptr)
          for (const CallWithAddresses &call : callsOf(i))
            if (call.api != nullptr && call.functions.empty() && call.data.empty()) {
              registrars_[i] = call.api;
              isNew = true;
            }
    }
  }

  // `slot`: the import at the reference's target, when that is a slot.
  const Api *apiOf(const Reference &reference, const Import *slot) const {
    if (slot != nullptr)
      return apiNamed(slot->name);
    const auto callee = program_.functionAtEntry(reference.target);
    if (!callee)
      return nullptr;
    const Function &function = program_.functions()[*callee];
    if (const Import *import = importOfThunk(program_, function))
      return apiNamed(import->name);
    // A run-time library that is linked in has the same names.
    const Api *api = hasOwnName(function.source) ? apiNamed(function.name) : nullptr;
    return api != nullptr ? api : registrars_[*callee];
  }

  std::vector<CallWithAddresses> callsOf(FunctionIndex index) const {
    std::vector<CallWithAddresses> calls;
    CallWithAddresses next;
    for (const Reference &reference : program_.functions()[index].references) {
      const Import *slot = program_.image().importAtSlot(reference.target);
      if (reference.kind == ReferenceKind::call || slot != nullptr) {
        next.site = reference.instruction;
        next.api = apiOf(reference, slot);
        calls.push_back(std::exchange(next, {}));
      } else if (reference.kind == ReferenceKind::data || reference.kind == ReferenceKind::absolute) {
        if (const auto function = program_.functionAtEntry(reference.target))
          next.functions.push_back(*function);
        else
          next.data.push_back(reference.target);
      }
    }
    return calls;
  }

  void addArguments(const CallWithAddresses &call) {
    for (const FunctionIndex function : call.functions)
      found_.push_back({function, call.api->as, std::string(call.api->name), call.site});
    if (call.api->as == RegisteredAs::serviceMain)
      for (const uint32_t rva : call.data)
        addServiceTable(rva, call);
    if (call.api->as == RegisteredAs::initializer && call.data.size() >= 2)
      addTable(std::min(call.data.back(), call.data[call.data.size() - 2]),
               std::max(call.data.back(), call.data[call.data.size() - 2]), call);
  }

  // SERVICE_TABLE_ENTRY: name and function, once or more often; a constant that is copied to the stack, or used in
  // place.
  void addServiceTable(uint32_t rva, const CallWithAddresses &call) {
    const auto index = program_.datumContaining(rva);
    if (!index)
      return;
    const Datum &table = program_.data()[*index];
    for (const BaseRelocation &relocation : program_.relocationsIn({table.rva, table.size}))
      if (const auto target = program_.image().pointerAt(relocation.rva))
        if (const auto function = program_.functionAtEntry(*target))
          found_.push_back({*function, RegisteredAs::serviceMain, std::string(call.api->name), call.site});
  }

  // `_initterm(first, last)`: every pointer in between, null ones left out.
  void addTable(uint32_t begin, uint32_t end, const CallWithAddresses &call) {
    constexpr uint32_t mostBytes = 1 << 16;
    const uint32_t size = program_.image().is64() ? 8 : 4;
    for (uint32_t rva = begin; end - begin <= mostBytes && end - rva >= size; rva += size)
      if (const auto target = program_.image().pointerAt(rva))
        if (const auto function = program_.functionAtEntry(*target))
          found_.push_back({*function, RegisteredAs::initializer, std::string(call.api->name), call.site});
  }

  // IMAGE_TLS_DIRECTORY.AddressOfCallBacks: a list of pointers that a null ends.
  void addTlsCallbacks() {
    constexpr int mostCallbacks = 64;
    const DirectoryRange directory = program_.image().directory(Directory::tls);
    const uint32_t size = program_.image().is64() ? 8 : 4;
    if (directory.rva == 0)
      return;
    auto list = program_.image().pointerAt(directory.rva + 3 * size);
    for (int i = 0; list && i < mostCallbacks; ++i, *list += size) {
      const auto target = program_.image().pointerAt(*list);
      if (!target)
        return;
      if (const auto function = program_.functionAtEntry(*target))
        found_.push_back({*function, RegisteredAs::tlsCallback, "TLS directory", 0});
    }
  }

  void addDllEntry() {
    if ((program_.image().coff().getCharacteristics() & llvm::COFF::IMAGE_FILE_DLL) == 0)
      return;
    if (const auto function = program_.functionAtEntry(program_.image().entryPoint()))
      found_.push_back({*function, RegisteredAs::dllEntry, "entry point", 0});
  }

  const Program &program_;
  std::vector<const Api *> registrars_; // by function: what it hands its argument on to
  std::vector<Registration> found_;
};

} // namespace

std::string_view registeredAsName(RegisteredAs as) {
  switch (as) {
  case RegisteredAs::thread:
    return "thread";
  case RegisteredAs::serviceMain:
    return "service-main";
  case RegisteredAs::once:
    return "once";
  case RegisteredAs::initializer:
    return "initializer";
  case RegisteredAs::tlsCallback:
    return "tls-callback";
  case RegisteredAs::dllEntry:
    return "dll-entry";
  case RegisteredAs::callback:
    return "callback";
  }
  return "";
}

std::vector<Registration> registrations(const Program &program) { return RegistrationSearch(program).run(); }

} // namespace hotgate::analyzer
