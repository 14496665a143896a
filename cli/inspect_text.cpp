// hotgate inspect for people: plain text in 80 columns.
#include "cli/inspect_command.h"
#include "support/printable_text.h"

#include <algorithm>
#include <iterator>
#include <map>

namespace hotgate::cli {

namespace {

using analyzer::HotpatchRecord;
using analyzer::Image;

constexpr size_t width = 80;

class TextReport {
public:
  template <class... Values> void line(fmt::format_string<Values...> format, Values &&...values) {
    std::string text = fmt::format(format, std::forward<Values>(values)...);
    if (text.size() > width)
      text = text.substr(0, width - 3) + "...";
    text.erase(text.find_last_not_of(' ') + 1);
    text_ += text + '\n';
  }
  void heading(const std::string &text) {
    line("");
    line("{}", text);
  }
  // Goes on in the next line, behind as many spaces as `head` has characters; a word that is too long is cut.
  void sentence(const std::string &head, std::string_view text) {
    const std::string indent(head.size(), ' ');
    for (bool isFirst = true; isFirst || !text.empty(); isFirst = false) {
      size_t length = std::min(text.size(), width - head.size());
      if (const size_t space = text.substr(0, length + 1).rfind(' ');
          length < text.size() && space != text.npos && space != 0)
        length = space;
      line("{}{}", isFirst ? head : indent, text.substr(0, length));
      text.remove_prefix(length);
      text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    }
  }
  void field(std::string_view name, const std::string &value) { line("  {:<20} {}", name, value); }
  // Only where there is something to say.
  void address(std::string_view name, uint64_t value) {
    if (value != 0)
      field(name, fmt::format("{:#010x}", value));
  }
  std::string take() { return std::move(text_); }

private:
  std::string text_;
};

void printHeaders(TextReport &report, const Inspection &inspection) {
  const Image &image = inspection.image;
  report.line("{}", printable(image.moduleName()));
  report.field("machine", std::string(analyzer::machineName(image.machine())));
  report.field("file size", fmt::format("{} bytes", image.fileBytes().size()));
  // Its 64 digits fill the line, so it begins further left.
  report.line("  {:<13} {}", "sha256", inspection.sha256);
  report.field("timestamp", fmt::format("{:#010x}", image.timestamp()));
  report.field("checksum", fmt::format("{:#010x}", image.checksum()));
  report.field("image base", fmt::format("{:#x}", image.imageBase()));
  report.field("size of image", fmt::format("{:#x}", image.sizeOfImage()));
  report.address("entry point", image.entryPoint());
  report.field("hotpatch compatible", image.isHotpatchCompatible() ? "yes" : "no");
  if (const auto &pdb = image.pdb()) {
    report.field("PDB", printable(pdb->path));
    report.field("PDB identity", fmt::format("{} age {}", pdb->guidText(), pdb->age));
  } else {
    report.field("PDB", "none named");
  }
}

void printLief(TextReport &report, const Inspection &inspection) {
  if (!inspection.lief) {
    report.field("version", "not read: " + printable(inspection.lief.error().reason));
    return;
  }
  const auto &facts = *inspection.lief;
  report.field("signature", facts.hasAuthenticode ? "Authenticode, not verified" : "none");
  if (!facts.richTools.empty())
    report.field("rich header", fmt::format("{} tools", facts.richTools.size()));
  for (const uint64_t callback : facts.tlsCallbacks)
    report.address("TLS callback", callback);
  if (!facts.version)
    return;
  report.field("file version", facts.version->fileVersion);
  report.field("product version", facts.version->productVersion);
  for (const auto &[name, value] : facts.version->strings)
    report.field(printable(name), printable(value));
}

void printSections(TextReport &report, const Image &image) {
  report.heading(fmt::format("Sections ({})", image.sections().size()));
  report.line("  {:<16} {:>8} {:>8} {:>8} {:>8}  access", "name", "rva", "size", "offset", "in file");
  for (const auto &section : image.sections())
    report.line("  {:<16} {:08x} {:08x} {:08x} {:08x}  r{}{}", printable(section.name), section.rva,
                section.virtualSize, section.fileOffset, section.fileSize, section.isWritable() ? 'w' : '-',
                section.isExecutable() ? 'x' : '-');
}

void printLoadConfiguration(TextReport &report, const Image &image) {
  const auto &configuration = image.loadConfiguration();
  if (!configuration) {
    report.heading("Load configuration: none");
    return;
  }
  report.heading(
      fmt::format("Load configuration ({:#x} bytes at RVA {:#010x})", configuration->size, configuration->rva));
  report.address("security cookie", configuration->securityCookieRva);
  report.address("guard check", configuration->guardCheckPointerRva);
  report.address("guard dispatch", configuration->guardDispatchPointerRva);
  if (configuration->guardFunctionCount != 0)
    report.field("guard functions", fmt::format("{} at {:#010x}", configuration->guardFunctionCount,
                                                configuration->guardFunctionTableRva));
  report.address("guard flags", configuration->guardFlags);
  if (configuration->guardEhContinuationCount != 0)
    report.field("EH continuations", fmt::format("{} at {:#010x}", configuration->guardEhContinuationCount,
                                                 configuration->guardEhContinuationTableRva));
  report.address("CHPE metadata", configuration->chpeMetadataPointer);
  report.address("hotpatch table", configuration->hotPatchTableRva);
}

void printFunctions(TextReport &report, const Inspection &inspection) {
  const Image &image = inspection.image;
  const auto ranges = image.functionRanges();
  const auto fragments =
      std::ranges::count_if(ranges, [](const auto &range) { return range.primaryBegin != range.begin; });
  report.heading(fmt::format("Functions ({}; {} entries in .pdata, {} of them fragments)", inspection.functions.size(),
                             ranges.size(), fragments));
  if (!inspection.verbose)
    return;
  report.line("  {:>8} {:>8} {:>9}  name", "rva", "size", "fragments");
  for (const auto &function : inspection.functions)
    report.line("  {:08x} {:>8} {:>9}  {}", function.rva, function.size == 0 ? "?" : fmt::format("{:x}", function.size),
                function.fragments, printable(function.name));
}

void printExports(TextReport &report, const Inspection &inspection) {
  report.heading(fmt::format("Exports ({})", inspection.image.exports().size()));
  if (!inspection.verbose)
    return;
  for (const auto &entry : inspection.image.exports()) {
    const std::string place = entry.forwarder.empty() ? fmt::format("{:08x}", entry.rva) : "forward ";
    report.line("  {:>7} {}  {}{}{}", fmt::format("#{}", entry.ordinal), place, printable(entry.name),
                entry.forwarder.empty() ? "" : " -> ", printable(entry.forwarder));
  }
}

void printImports(TextReport &report, const Inspection &inspection) {
  struct Dll {
    std::string name;
    size_t count = 0;
    bool delayed = false;
  };
  std::vector<Dll> dlls; // in slot order, one entry each run
  for (const auto &import : inspection.image.imports()) {
    if (dlls.empty() || dlls.back().name != import.dll || dlls.back().delayed != import.delayed)
      dlls.push_back({.name = import.dll, .count = 0, .delayed = import.delayed});
    ++dlls.back().count;
  }
  report.heading(fmt::format("Imports ({})", inspection.image.imports().size()));
  auto next = inspection.image.imports().begin();
  for (const Dll &dll : dlls) {
    report.line("  {} ({}{})", printable(dll.name), dll.count, dll.delayed ? ", delayed" : "");
    for (size_t index = 0; index < dll.count; ++index, ++next)
      if (inspection.verbose)
        report.line("    {:08x}  {}", next->slotRva, printable(next->name));
  }
}

std::string functionName(const Inspection &inspection, uint32_t rva) {
  const auto at = std::ranges::lower_bound(inspection.functions, rva, {}, &ListedFunction::rva);
  return at != inspection.functions.end() && at->rva == rva ? printable(at->name) : "";
}

// The predicted write of a record, its names and what is odd about it.
void printAudited(TextReport &report, const analyzer::AuditedRecord &record,
                  std::span<const analyzer::HotpatchOddity *const> oddities) {
  report.sentence("         ", fmt::format("{} -> {}", printable(record.writtenName), printable(record.targetName)));
  if (record.write)
    report.line("         [{:08x}, {:08x}) becomes {} ({})", record.write->rva, record.write->rva + record.write->size,
                record.write->after, analyzer::writtenValueName(record.write->value));
  for (const analyzer::HotpatchOddity *oddity : oddities)
    report.sentence("         odd: ", printable(oddity->text));
}

// "written -> made to point to", each with the image that it lies in.
void printRecord(TextReport &report, const Inspection &inspection, size_t index, const HotpatchRecord &record) {
  const uint32_t ownRva = record.inverse ? record.writtenRva : record.targetRva;
  report.line("  {:>5}  {:<14} {:<8} {:08x} -> {:<8} {:08x}  {}", index, analyzer::hotpatchRecordKindName(record.type),
              record.inverse ? "hotpatch" : "base", record.writtenRva, record.inverse ? "base" : "hotpatch",
              record.targetRva, functionName(inspection, ownRva));
  if (!record.expectedBytes.empty()) {
    std::string bytes;
    for (const uint8_t byte : record.expectedBytes)
      bytes += fmt::format(" {:02x}", byte);
    report.line("         expects{}", bytes);
  }
}

void printRecords(TextReport &report, const Inspection &inspection) {
  const auto &records = inspection.hotpatch.table->records;
  report.field("records", fmt::format("{}, as written -> target", records.size()));
  std::map<size_t, std::vector<const analyzer::HotpatchOddity *>> oddities;
  if (inspection.base)
    for (const analyzer::HotpatchOddity &oddity : inspection.base->audit.oddities)
      if (oddity.record)
        oddities[*oddity.record].push_back(&oddity);
  for (size_t index = 0; index < records.size(); ++index) {
    printRecord(report, inspection, index, records[index]);
    if (inspection.base && !inspection.base->audit.records.empty())
      printAudited(report, inspection.base->audit.records[index], oddities[index]);
  }
}

// What the loader answers: of the table by itself, or on the base that was given.
void printLoader(TextReport &report, const Inspection &inspection) {
  const auto &refusals = inspection.base ? inspection.base->audit.loader.refusals : inspection.hotpatch.refusals;
  const std::string base = inspection.base ? " to " + printable(inspection.base->image.moduleName()) : "";
  if (refusals.empty() && inspection.base)
    report.field("loader", "applies it" + base);
  for (const analyzer::LoaderRefusal &refusal : refusals)
    report.sentence(fmt::format("  {:<20} ", &refusal == &refusals.front() ? "loader" : "then"),
                    fmt::format("refuses it with {}: {} ({})", analyzer::refusalStatusText(refusal.status),
                                printable(refusal.reason), printable(refusal.place)));
  if (!inspection.hotpatch.isWhole)
    report.field("", "what follows is as much as can be read");
  if (inspection.base)
    for (const analyzer::HotpatchOddity &oddity : inspection.base->audit.oddities)
      if (!oddity.record)
        report.sentence(fmt::format("  {:<20} ", "odd"), printable(oddity.text));
}

void printHotpatch(TextReport &report, const Inspection &inspection) {
  if (!inspection.hotpatch.table) {
    report.heading("Hotpatch table: none");
    printLoader(report, inspection);
    return;
  }
  const auto &table = *inspection.hotpatch.table;
  report.heading(
      fmt::format("Hotpatch table (version {}, {:#x} bytes at RVA {:#010x})", table.version, table.size, table.rva));
  printLoader(report, inspection);
  report.field("sequence", fmt::format("{}, least {}", table.sequence, table.minSequence));
  report.field("flags", fmt::format("{:#x}", table.flags));
  for (size_t index = 0; index < table.bases.size(); ++index) {
    const auto &base = table.bases[index];
    report.field(fmt::format("base {}", index),
                 fmt::format("timestamp {:#010x}, checksum {:#010x}", base.timestamp, base.checksum));
    report.field("", fmt::format("sequence {}, flags {:#x}", base.sequence, base.flags));
  }
  printRecords(report, inspection);
}

} // namespace

std::string renderInspectText(const Inspection &inspection) {
  TextReport report;
  printHeaders(report, inspection);
  printLief(report, inspection);
  printSections(report, inspection.image);
  printLoadConfiguration(report, inspection.image);
  printFunctions(report, inspection);
  printExports(report, inspection);
  printImports(report, inspection);
  report.heading(fmt::format("Base relocations ({})", inspection.image.relocations().size()));
  printHotpatch(report, inspection);
  return report.take();
}

} // namespace hotgate::cli
