#include "cli/inspect_command.h"

#include "support/output_file.h"
#include "support/sha256.h"

#include <algorithm>
#include <map>

namespace hotgate::cli {

namespace {

using analyzer::Image;

// Primary ranges with their fragments, then what only an export or the entry point shows (leaf functions, x86).
std::map<uint32_t, ListedFunction> functionsOf(const Image &image) {
  std::map<uint32_t, ListedFunction> functions;
  for (const auto &range : image.functionRanges()) {
    auto &function = functions[range.primaryBegin];
    function.rva = range.primaryBegin;
    if (range.begin == range.primaryBegin) {
      function.size = range.end - range.begin;
      function.handlerRva = range.handlerRva;
    } else {
      ++function.fragments;
    }
  }
  for (const auto &entry : image.exports()) {
    const auto *section = image.sectionAt(entry.rva);
    if (!entry.forwarder.empty() || section == nullptr || !section->isExecutable())
      continue;
    auto &function = functions[entry.rva];
    function.rva = entry.rva;
    if (function.name.empty()) // several names for one place: the first by ordinal
      function.name = entry.name.empty() ? fmt::format("#{}", entry.ordinal) : entry.name;
  }
  if (image.entryPoint() != 0) {
    auto &function = functions[image.entryPoint()];
    function.rva = image.entryPoint();
    if (function.name.empty())
      function.name = "(entry point)";
  }
  return functions;
}

} // namespace

Result<Inspection> inspect(const Image &image, const InspectOptions &options) {
  analyzer::HotpatchReading hotpatch = analyzer::readHotpatch(image);
  std::optional<InspectedBase> base;
  if (options.base) {
    HOTGATE_TRY(base, auditAgainst(*options.base, image, hotpatch, options.symbols));
  }
  Inspection inspection{.image = image,
                        .sha256 = sha256Hex(image.fileBytes()),
                        .functions = {},
                        .hotpatch = std::move(hotpatch),
                        .base = std::move(base),
                        .lief = analyzer::readWithLief(image),
                        .verbose = options.verbose};
  for (auto &[rva, function] : functionsOf(image)) {
    if (options.functionName)
      if (std::string name = options.functionName(rva); !name.empty())
        function.name = std::move(name);
    inspection.functions.push_back(std::move(function));
  }
  return inspection;
}

Result<> inspectCommand(const InspectOptions &options) {
  HOTGATE_TRY(const Image image, Image::open(options.image));
  HOTGATE_TRY(const Inspection inspection, inspect(image, options));
  const std::string text =
      options.format == InspectOptions::Format::json ? renderInspectJson(inspection) : renderInspectText(inspection);
  return writeResult(options.out, text);
}

} // namespace hotgate::cli
