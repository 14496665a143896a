#include "analyzer/code/registrations.h"

#include "analyzer/code/forwarded_parameter.h"
#include "analyzer/code/import_calls.h"
#include "analyzer/image/tls_directory.h"

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
  int argument; // that is the address, or of a table the first
};
constexpr Api apis[] = {
    {"CreateThread", RegisteredAs::thread, 2},
    {"CreateRemoteThread", RegisteredAs::thread, 3},
    {"_beginthread", RegisteredAs::thread, 0},
    {"_beginthreadex", RegisteredAs::thread, 2},
    {"RtlCreateUserThread", RegisteredAs::thread, 6},
    {"StartServiceCtrlDispatcher", RegisteredAs::serviceMain, 0},
    {"InitOnceExecuteOnce", RegisteredAs::once, 1},
    {"RtlRunOnceExecuteOnce", RegisteredAs::once, 1},
    {"_initterm", RegisteredAs::initializer, 0},
    {"_initterm_e", RegisteredAs::initializer, 0},
    {"RegisterServiceCtrlHandler", RegisteredAs::callback, 1},
    {"RegisterWaitForSingleObject", RegisteredAs::callback, 2},
    {"CreateTimerQueueTimer", RegisteredAs::callback, 2},
    {"CreateThreadpoolWork", RegisteredAs::callback, 0},
    {"CreateThreadpoolTimer", RegisteredAs::callback, 0},
    {"CreateThreadpoolWait", RegisteredAs::callback, 0},
    {"CreateThreadpoolIo", RegisteredAs::callback, 1},
    {"TrySubmitThreadpoolCallback", RegisteredAs::callback, 0},
    {"QueueUserWorkItem", RegisteredAs::callback, 0},
    {"QueueUserAPC", RegisteredAs::callback, 0},
    {"SetTimer", RegisteredAs::callback, 3},
    {"SetWindowsHook", RegisteredAs::callback, 1},
    {"SetConsoleCtrlHandler", RegisteredAs::callback, 0},
    {"SetUnhandledExceptionFilter", RegisteredAs::callback, 0},
    {"AddVectoredExceptionHandler", RegisteredAs::callback, 1},
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

// Pairs of symbols around the run-time's tables of functions that run before main (MSVC's sections .CRT$XC*, .CRT$XI*;
// .CRT$XD* for thread-local variables).
constexpr std::pair<std::string_view, std::string_view> initializerTables[] = {
    {"__xi_a", "__xi_z"}, {"__xc_a", "__xc_z"}, {"__xd_a", "__xd_z"}};
// mingw's: -1, then functions up to a null.
constexpr std::string_view constructorList = "__CTOR_LIST__";

// What a function that is called does with the address that it is given.
struct Registrar {
  const Api *api = nullptr;
  std::optional<int> parameter; // where it takes it; nullopt for the API itself
};

// One call of a function's, with the addresses that were loaded since the call before.
struct CallWithAddresses {
  struct LoadedFunction {
    FunctionIndex function = 0;
    uint32_t by = 0; // RVA of the instruction
  };
  uint32_t site = 0;
  Registrar callee;
  std::vector<LoadedFunction> functions;
  std::vector<uint32_t> data; // RVAs
};

class RegistrationSearch {
public:
  RegistrationSearch(const Program &program, Decoder decoder)
      : program_(program), decoder_(std::move(decoder)), registrars_(program.functions().size()) {}

  std::vector<Registration> run() {
    findRegistrars();
    for (FunctionIndex i = 0; i < program_.functions().size(); ++i)
      for (const CallWithAddresses &call : callsOf(i))
        if (call.callee.api != nullptr)
          addArguments(call);
    addInitializerTables();
    addTlsCallbacks();
    addDllEntry();
    const auto key = [](const Registration &r) { return std::tuple(r.function, r.site, r.as); };
    std::ranges::sort(found_, {}, key);
    const auto doubles = std::ranges::unique(found_, {}, key);
    found_.erase(doubles.begin(), doubles.end());
    return std::move(found_);
  }

private:
  // A function that hands one of its parameters on to such an API, or to a function that does.
  void findRegistrars() {
    constexpr int mostLevels = 4;
    bool isNew = true;
    for (int level = 0; isNew && level < mostLevels; ++level) {
      isNew = false;
      for (FunctionIndex i = 0; i < program_.functions().size(); ++i)
        if (registrars_[i].api == nullptr)
          for (const CallWithAddresses &call : callsOf(i))
            isNew |= handsOn(i, call);
    }
  }

  bool handsOn(FunctionIndex index, const CallWithAddresses &call) {
    const Api *api = call.callee.api;
    if (api == nullptr)
      return false;
    const auto parameter = forwardedParameter(decoder_, program_.image(), program_.functions()[index], call.site,
                                              call.callee.parameter.value_or(api->argument));
    if (parameter)
      registrars_[index] = {api, parameter};
    return parameter.has_value();
  }

  // `slot`: the import at the reference's target, when that is a slot.
  Registrar calleeOf(const Reference &reference, const Import *slot) const {
    if (slot != nullptr)
      return {apiNamed(slot->name), std::nullopt};
    const auto callee = program_.functionAtEntry(reference.target);
    if (!callee)
      return {};
    const Function &function = program_.functions()[*callee];
    if (const Import *import = importOfThunk(program_, function))
      return {apiNamed(import->name), std::nullopt};
    // A run-time library that is linked in has the same names.
    const Api *api = hasOwnName(function.source) ? apiNamed(function.name) : nullptr;
    return api != nullptr ? Registrar{api, std::nullopt} : registrars_[*callee];
  }

  std::vector<CallWithAddresses> callsOf(FunctionIndex index) const {
    std::vector<CallWithAddresses> calls;
    CallWithAddresses next;
    for (const Reference &reference : program_.functions()[index].references) {
      const Import *slot = program_.image().importAtSlot(reference.target);
      const auto jumpedTo =
          reference.kind == ReferenceKind::branch ? program_.functionAtEntry(reference.target) : std::nullopt;
      const bool isTailCall = jumpedTo && *jumpedTo != index;
      if (reference.kind == ReferenceKind::call || isTailCall || slot != nullptr) {
        next.site = reference.instruction;
        next.callee = calleeOf(reference, slot);
        calls.push_back(std::exchange(next, {}));
      } else if (reference.kind == ReferenceKind::data || reference.kind == ReferenceKind::absolute) {
        if (const auto function = program_.functionAtEntry(reference.target))
          next.functions.push_back({*function, reference.instruction});
        else
          next.data.push_back(reference.target);
      }
    }
    return calls;
  }

  void addArguments(const CallWithAddresses &call) {
    const Api &api = *call.callee.api;
    for (const auto &loaded : call.functions)
      // What else is handed to a function of the program's own is no business of the API's.
      if (!call.callee.parameter || writesArgument(decoder_, program_.image(), loaded.by, *call.callee.parameter))
        found_.push_back({loaded.function, api.as, std::string(api.name), call.site});
    if (api.as == RegisteredAs::serviceMain)
      for (const uint32_t rva : call.data)
        addServiceTable(rva, call);
    if (api.as == RegisteredAs::initializer && call.data.size() >= 2)
      addTable(std::min(call.data.back(), call.data[call.data.size() - 2]),
               std::max(call.data.back(), call.data[call.data.size() - 2]), std::string(api.name), call.site);
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
          found_.push_back({*function, RegisteredAs::serviceMain, std::string(call.callee.api->name), call.site});
  }

  // `_initterm(first, last)`: every pointer in between, null ones left out.
  void addTable(uint32_t begin, uint32_t end, const std::string &by, uint32_t site) {
    constexpr uint32_t mostBytes = 1 << 16;
    const uint32_t size = program_.image().is64() ? 8 : 4;
    for (uint32_t rva = begin; end - begin <= mostBytes && end - rva >= size; rva += size)
      if (const auto target = program_.image().pointerAt(rva))
        if (const auto function = program_.functionAtEntry(*target))
          found_.push_back({*function, RegisteredAs::initializer, by, site});
  }

  [[nodiscard]] std::optional<uint32_t> symbol(std::string_view name) const {
    const auto &data = program_.symbols().data;
    const auto found = std::ranges::find(data, name, &DataSymbol::name);
    return found == data.end() ? std::nullopt : std::optional(found->rva);
  }

  void addInitializerTables() {
    for (const auto &[first, last] : initializerTables) {
      const auto begin = symbol(first);
      const auto end = symbol(last);
      if (begin && end && *begin < *end)
        addTable(*begin, *end, fmt::format("table {}", first), 0);
    }
    constexpr uint32_t mostConstructors = 1 << 13;
    const uint32_t size = program_.image().is64() ? 8 : 4;
    if (const auto list = symbol(constructorList))
      for (uint32_t i = 1; i < mostConstructors; ++i) {
        const auto target = program_.image().pointerAt(*list + i * size);
        const auto function = target ? program_.functionAtEntry(*target) : std::nullopt;
        if (!function)
          return;
        found_.push_back({*function, RegisteredAs::initializer, fmt::format("table {}", constructorList), 0});
      }
  }

  void addTlsCallbacks() {
    const auto directory = readTlsDirectory(program_.image());
    if (!directory)
      return;
    for (const uint32_t callback : directory->callbacks)
      if (const auto function = program_.functionAtEntry(callback))
        found_.push_back({*function, RegisteredAs::tlsCallback, "TLS directory", 0});
  }

  void addDllEntry() {
    if ((program_.image().coff().getCharacteristics() & llvm::COFF::IMAGE_FILE_DLL) == 0)
      return;
    if (const auto function = program_.functionAtEntry(program_.image().entryPoint()))
      found_.push_back({*function, RegisteredAs::dllEntry, "entry point", 0});
  }

  const Program &program_;
  Decoder decoder_;
  std::vector<Registrar> registrars_; // by function
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

Result<std::vector<Registration>> registrations(const Program &program) {
  HOTGATE_TRY(Decoder decoder, Decoder::create(program.image().machine()));
  return RegistrationSearch(program, std::move(decoder)).run();
}

} // namespace hotgate::analyzer
