// Limits: *not run here*: wine has no Windows Update.
#include <initguid.h> // before wuapi.h: defines its class identifier here

#include "harness/agent/update_scan.h"

#include "harness/agent/windows_support.h"

#include <objbase.h>
#include <oleauto.h>
#include <wuapi.h>

namespace hotgate::harness::agent {
namespace {

using nlohmann::json;

constexpr LONG mostUpdates = 1024;

template <class Interface> struct Releaser {
  void operator()(Interface *object) const { object->Release(); }
};
template <class Interface> using Reference = std::unique_ptr<Interface, Releaser<Interface>>;

struct TextFreer {
  using pointer = BSTR;
  void operator()(BSTR text) const { SysFreeString(text); }
};
using UniqueText = std::unique_ptr<wchar_t, TextFreer>;

tl::unexpected<Refusal> refusedCall(const char *call, HRESULT result) {
  return refuse("Windows Update", call, fmt::format("HRESULT 0x{:08X}", static_cast<uint32_t>(result)),
                "see that the machine reaches its update service");
}

// What a getter hands out, owned.
template <class Interface, class Getter> Reference<Interface> taken(Getter getter) {
  Interface *object = nullptr;
  return Reference<Interface>(SUCCEEDED(getter(&object)) ? object : nullptr);
}

json knowledgeBaseNumbers(IUpdate &update) {
  json numbers = json::array();
  const auto list = taken<IStringCollection>([&](IStringCollection **out) { return update.get_KBArticleIDs(out); });
  LONG count = 0;
  if (!list || FAILED(list->get_Count(&count)))
    return numbers;
  for (LONG index = 0; index < count && index < mostUpdates; ++index) {
    BSTR text = nullptr;
    if (SUCCEEDED(list->get_Item(index, &text))) {
      const UniqueText owned(text);
      numbers.push_back(narrow(std::wstring_view(text, SysStringLen(text))));
    }
  }
  return numbers;
}

// Null when the update does not say; else whether it always asks for a restart or may ask.
json needsRestart(IUpdate &update) {
  const auto behaviour =
      taken<IInstallationBehavior>([&](IInstallationBehavior **out) { return update.get_InstallationBehavior(out); });
  InstallationRebootBehavior restart = irbNeverReboots;
  if (!behaviour || FAILED(behaviour->get_RebootBehavior(&restart)))
    return nullptr;
  return restart != irbNeverReboots;
}

json described(IUpdate &update) {
  BSTR text = nullptr;
  const bool hasTitle = SUCCEEDED(update.get_Title(&text));
  const UniqueText owned(text);
  return {{"title", hasTitle ? narrow(std::wstring_view(text, SysStringLen(text))) : ""},
          {"kb", knowledgeBaseNumbers(update)},
          {"needs_restart", needsRestart(update)}};
}

Outcome<json> scan() {
  IUpdateSession *made = nullptr;
  HRESULT result = CoCreateInstance(CLSID_UpdateSession, nullptr, CLSCTX_INPROC_SERVER, IID_IUpdateSession,
                                    reinterpret_cast<void **>(&made));
  if (FAILED(result))
    return refusedCall("CoCreateInstance", result);
  const Reference<IUpdateSession> session(made);
  const auto searcher =
      taken<IUpdateSearcher>([&](IUpdateSearcher **out) { return session->CreateUpdateSearcher(out); });
  if (!searcher)
    return refusedCall("CreateUpdateSearcher", E_NOINTERFACE);
  const UniqueText criteria(SysAllocString(L"IsInstalled=0 and Type='Software'"));
  ISearchResult *searched = nullptr;
  result = searcher->Search(criteria.get(), &searched);
  if (FAILED(result))
    return refusedCall("Search", result);
  const Reference<ISearchResult> found(searched);
  const auto updates = taken<IUpdateCollection>([&](IUpdateCollection **out) { return found->get_Updates(out); });
  LONG count = 0;
  if (!updates || FAILED(updates->get_Count(&count)) || count > mostUpdates)
    return refusedCall("Updates", E_UNEXPECTED);
  json list = json::array();
  for (LONG index = 0; index < count; ++index)
    if (const auto update = taken<IUpdate>([&](IUpdate **out) { return updates->get_Item(index, out); }))
      list.push_back(described(*update));
  return json{{"updates", std::move(list)}};
}

} // namespace

Outcome<json> scanForUpdates() {
  if (wineVersion() != nullptr)
    return refuse("Windows Update", "", "not here: this is wine", "use a machine with Windows");
  const HRESULT result = CoInitializeEx(nullptr, COINIT_MULTITHREADED);
  if (FAILED(result))
    return refusedCall("CoInitializeEx", result);
  auto found = scan();
  CoUninitialize();
  return found;
}

} // namespace hotgate::harness::agent
