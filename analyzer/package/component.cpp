#include "analyzer/package/component.h"

#include "analyzer/package/xml.h"

#include <algorithm>
#include <llvm/ADT/StringExtras.h>
#include <llvm/ADT/StringRef.h>

namespace hotgate::analyzer {

namespace {

std::string lower(llvm::StringRef text) { return text.lower(); }

bool isHex16(llvm::StringRef text) { return text.size() == 16 && std::ranges::all_of(text, llvm::isHexDigit); }

// "10.0.26100.1742"
bool isVersion(llvm::StringRef text) {
  return text.count('.') == 3 && std::ranges::all_of(text, [](char c) { return llvm::isDigit(c) || c == '.'; });
}

std::string languageOf(llvm::StringRef text) {
  const std::string language = text.lower();
  return language == "none" || language == "*" || language.empty() ? "neutral" : language;
}

} // namespace

std::optional<ComponentIdentity> componentOfFolder(std::string_view folder) {
  const auto [architecture, afterArchitecture] = llvm::StringRef(folder).split('_');
  const auto [beforeHash, hash] = afterArchitecture.rsplit('_');
  const auto [beforeLanguage, language] = beforeHash.rsplit('_');
  const auto [beforeVersion, version] = beforeLanguage.rsplit('_');
  const auto [name, token] = beforeVersion.rsplit('_');
  if (architecture.empty() || name.empty() || language.empty() || !isHex16(hash) || !isVersion(version) ||
      !(isHex16(token) || token == "none"))
    return std::nullopt;
  return ComponentIdentity{lower(name), lower(version), languageOf(language), lower(architecture)};
}

Result<std::optional<ComponentIdentity>> componentOfManifest(std::span<const uint8_t> bytes,
                                                             const std::string &entity) {
  std::optional<ComponentIdentity> identity;
  HOTGATE_CHECK(readXml(bytes, entity, [&](const XmlElement &element) {
    if (!identity && element.depth == 1 && element.name == "assemblyIdentity")
      identity = ComponentIdentity{lower(element.text("name")), lower(element.text("version")),
                                   languageOf(element.text("language")), lower(element.text("processorArchitecture"))};
  }));
  return identity;
}

} // namespace hotgate::analyzer
