// hotgate inspect: what one image says about itself, for people or as JSON (hotgate/inspect/1).
#pragma once

#include "analyzer/image/lief_reader.h"
#include "cli/inspect_audit.h"

#include <functional>

namespace hotgate::cli {

struct InspectOptions {
  enum class Format { text, json };

  std::filesystem::path image = {};
  Format format = Format::text;
  std::optional<std::filesystem::path> out = {};   // else standard output
  std::optional<std::filesystem::path> base = {};  // audit the hotpatch table against this image
  std::vector<std::filesystem::path> symbols = {}; // folders and symbol stores, for the audit's names
  bool verbose = false;                            // text: also list functions, exports and imports one by one
  // Names the function that begins at this RVA, "" when unknown; exports name what is left. Optional.
  std::function<std::string(uint32_t rva)> functionName = {};
};

// A function that the image itself shows: by .pdata, by an export or as entry point.
struct ListedFunction {
  uint32_t rva = 0;
  uint32_t size = 0;      // of the primary range; 0: not known
  uint32_t fragments = 0; // chained ranges that belong to it
  uint32_t handlerRva = 0;
  std::string name; // "" when nothing names it
};

// Everything that is shown.
struct Inspection {
  const analyzer::Image &image;
  std::string sha256;
  std::vector<ListedFunction> functions; // by RVA
  analyzer::HotpatchReading hotpatch;
  std::optional<InspectedBase> base; // with the audit, when a base was given
  Result<analyzer::LiefFacts> lief;  // a failure there is shown, and the rest all the same
  bool verbose = false;
};

Result<Inspection> inspect(const analyzer::Image &image, const InspectOptions &options);

// At most 80 columns; longer names are cut, longer sentences go on in the next line, control characters and bytes
// outside of ASCII are shown as \xNN.
[[nodiscard]] std::string renderInspectText(const Inspection &inspection);
// Complete, keys sorted, the same bytes for the same image.
[[nodiscard]] std::string renderInspectJson(const Inspection &inspection);

Result<> inspectCommand(const InspectOptions &options);

} // namespace hotgate::cli
