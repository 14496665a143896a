#include "cli/inspect_command.h"

#include "support/sha256.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
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

Result<> writeStandardOutput(const std::string &text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
    return failFault("standard output", "", std::strerror(errno), "check the disk or the reader of the pipe");
  return {};
}

// Beside its place first, so that nobody ever sees half of it.
Result<> writeFile(const std::filesystem::path &path, const std::string &text) {
  auto part = path;
  part += ".part";
  const auto refuse = [&](int error) {
    std::error_code ignored;
    std::filesystem::remove(part, ignored);
    return failInput(path.string(), "", fmt::format("cannot be written: {}", std::strerror(error)),
                     "check the folder and its permissions");
  };
  std::FILE *file = std::fopen(part.c_str(), "wb");
  if (file == nullptr)
    return refuse(errno);
  const bool isWritten = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  const int writeError = errno;
  if (std::fclose(file) != 0 || !isWritten)
    return refuse(isWritten ? errno : writeError);
  if (std::rename(part.c_str(), path.c_str()) != 0)
    return refuse(errno);
  return {};
}

} // namespace

Result<Inspection> inspect(const Image &image, const InspectOptions &options) {
  HOTGATE_TRY(auto hotpatch, analyzer::readHotpatchTable(image));
  Inspection inspection{.image = image,
                        .sha256 = sha256Hex(image.fileBytes()),
                        .functions = {},
                        .hotpatch = std::move(hotpatch),
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
  return options.out ? writeFile(*options.out, text) : writeStandardOutput(text);
}

} // namespace hotgate::cli
